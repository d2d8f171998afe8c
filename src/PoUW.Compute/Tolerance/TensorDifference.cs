namespace PoUW.Compute.Tolerance;

/// <summary>How a claimed tensor differs from a replayed one: d is claimed - replayed, u is replayed - before.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Absolute">Largest |d|.</param>
/// <param name="Largest">Largest |d| by the root mean square of u.</param>
/// <param name="Relative">|d| by |u|, both 2-norms.</param>
public sealed record TensorDifference(string Name, double Absolute, double Largest, double Relative);
