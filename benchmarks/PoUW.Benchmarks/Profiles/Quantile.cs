namespace PoUW.Benchmarks.Profiles;

/// <summary>Order statistics of samples.</summary>
internal static class Quantile
{
    /// <summary>The middle of the sorted samples; 0 if there is none.</summary>
    public static double Median(IReadOnlyCollection<double> samples)
    {
        double[] sorted = [.. samples.Order()];
        return sorted.Length == 0 ? 0 : sorted[sorted.Length / 2];
    }
}
