namespace PoUW.Training.Execution;

/// <summary>What running a unit gives.</summary>
/// <param name="End">The state after the last step.</param>
/// <param name="LossSum">Sum of the samples' losses, in bits, Q15.</param>
/// <param name="Correct">Correctly classified samples, before each update.</param>
/// <param name="Samples">Samples seen.</param>
public sealed record UnitResult(ModelState End, ulong LossSum, ulong Correct, ulong Samples);
