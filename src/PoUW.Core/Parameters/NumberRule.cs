using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>The range of a whole number, both ends allowed.</summary>
internal readonly record struct NumberRule(ulong Min, ulong Max)
{
    /// <summary>Largest number that every JSON tool reads exactly, 2^53 - 1.</summary>
    internal const ulong MaxExact = (1UL << 53) - 1;

    private string Allowed => $"a whole number from {Min} to {Max}";

    internal ValidationResult Check(string path, ulong value) => value >= Min && value <= Max
        ? ValidationResult.Ok
        : ValidationResult.Fail(ValidationCode.OutOfRange, path, $"Found {value}; allowed is {Allowed}.");

    internal ValidationResult Read(string path, JsonElement element, out ulong value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number && element.TryGetUInt64(out value)
            ? Check(path, value)
            : JsonInput.Wrong(path, element, Allowed);
    }
}
