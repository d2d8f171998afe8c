namespace PoUW.Compute.Tolerance;

/// <summary>
/// How a claimed tensor differs from a replayed one: d is claimed - replayed, u is replayed - before, e is what |d| is beyond four units in the last place of
/// the element (2^-21 of the larger of before and replayed).
/// </summary>
/// <param name="Name">The tensor.</param>
/// <param name="Absolute">Largest |d|.</param>
/// <param name="Largest">Largest e by the root mean square of u.</param>
/// <param name="Relative">e by u, both 2-norms.</param>
public sealed record TensorDifference(string Name, double Absolute, double Largest, double Relative);
