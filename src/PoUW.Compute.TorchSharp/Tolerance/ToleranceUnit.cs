using PoUW.Compute.StateDicts;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>A unit that was run.</summary>
/// <param name="Unit">Its number.</param>
/// <param name="After">The state after it.</param>
/// <param name="Loss">Mean loss of its steps.</param>
public sealed record ToleranceUnit(long Unit, StateDict After, double Loss);
