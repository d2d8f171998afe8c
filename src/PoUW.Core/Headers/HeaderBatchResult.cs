using PoUW.Core.Validation;

namespace PoUW.Core.Headers;

/// <summary>What became of a batch of headers.</summary>
/// <param name="Added">How many were added; those that were known count for nothing.</param>
/// <param name="Taken">How many from the start on were added or known: the next one is what <paramref name="Result"/> is about.</param>
/// <param name="Result">Ok, or what was wrong with the first header that was not taken; nothing after it was looked at.</param>
public sealed record HeaderBatchResult(int Added, int Taken, ValidationResult Result);
