namespace PoUW.Benchmarks.Profiles;

/// <summary>Order statistics of samples.</summary>
internal static class Quantile
{
    /// <summary>The sample below which a part of them lies, by rank; 0 if there is none.</summary>
    /// <param name="sorted">The samples in rising order.</param>
    /// <param name="part">0 to 1.</param>
    public static double At(IReadOnlyList<double> sorted, double part) =>
        sorted.Count == 0 ? 0 : sorted[Math.Clamp((int)Math.Ceiling(part * sorted.Count) - 1, 0, sorted.Count - 1)];

    /// <summary>The middle of the sorted samples; 0 if there is none.</summary>
    public static double Median(IReadOnlyCollection<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
