using PoUW.Core.Validation;

namespace PoUW.Compute.Tolerance;

/// <summary>What two honest runs of a unit may differ by in one tensor.</summary>
/// <param name="Largest">Bound of <see cref="TensorDifference.Largest"/>.</param>
/// <param name="Relative">Bound of <see cref="TensorDifference.Relative"/>; <see cref="DriftWatch"/> measures sums over units by it too.</param>
/// <param name="Noise">
/// Bound of <see cref="TensorDifference.Absolute"/>, in place of the others, if the unit changes nothing of the tensor but noise: a bias before a
/// normalisation, whose gradient is 0; the others are infinite then. Null for a tensor that is trained.
/// </param>
public sealed record TensorBound(double Largest, double Relative, double? Noise = null)
{
    /// <summary>Largest bound of any kind.</summary>
    public const double Most = 1e6;

    /// <summary>
    /// Least useful <see cref="Relative"/>, also where two runs have the same bits: gradients of samples that are classified rightly already are differences of
    /// nearly equal numbers, which fp32 holds to about a thousandth when the loss is near zero.
    /// </summary>
    public const double LeastRelative = 1e-3;

    /// <summary>Least useful <see cref="Largest"/>: one element differs by more, measured by the mean of its tensor.</summary>
    public const double LeastLargest = 1e-2;

    /// <summary>The bound of a tensor that only noise changes.</summary>
    public static TensorBound OfNoise(double noise) => new(double.PositiveInfinity, double.PositiveInfinity, noise);

    /// <summary>Written so that what is not a number is refused.</summary>
    internal bool Admits(TensorDifference difference) =>
        Noise is { } noise ? difference.Absolute <= noise : difference.Largest <= Largest && difference.Relative <= Relative;

    /// <summary>Null if the numbers are usable.</summary>
    internal ValidationResult? Check(string field) =>
        (Noise is { } noise ? IsUsable(noise) && double.IsPositiveInfinity(Largest) && double.IsPositiveInfinity(Relative) : IsUsable(Largest) && IsUsable(Relative))
            ? null
            : ValidationResult.Fail(ValidationCode.OutOfRange, field, $"{this}; bounds are above 0, to {Most}.");

    private static bool IsUsable(double bound) => bound > 0 && bound <= Most;
}
