namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>How a claimed tensor differs from a replayed one, measured by what the unit changed: d is claimed - replayed, u is replayed - before.</summary>
/// <param name="Name">The tensor.</param>
/// <param name="Largest">Largest |d| by the root mean square of u.</param>
/// <param name="Relative">|d| by |u|, both 2-norms.</param>
/// <param name="Bias">Sum of d * u by the square of |u|: how much of the update was left out (below 0) or added (above 0) in its own direction.</param>
public sealed record TensorDifference(string Name, double Largest, double Relative, double Bias);
