using PoUW.Compute.StateDicts;

namespace PoUW.Compute.Tolerance;

/// <summary>Steps that were trained.</summary>
/// <param name="After">The state after the last one.</param>
/// <param name="LossSum">Sum of the samples' losses, in bits, Q15: each step's sum s in nats gives floor(floor(s * 2^15) * 47274 / 2^15), in every engine.</param>
/// <param name="Correct">Samples that were classified rightly, each before the update of its step.</param>
/// <param name="Samples">Samples seen.</param>
public sealed record ToleranceUnit(StateDict After, ulong LossSum, ulong Correct, ulong Samples);
