using PoUW.Core.Validation;

namespace PoUW.Core.Mempool;

/// <summary>What admission said, and the rule that objected; the rule's name is empty when none did.</summary>
internal readonly record struct Judgement(ValidationResult Result, string Rule)
{
    internal static Judgement Ok => new(ValidationResult.Ok, "");
}
