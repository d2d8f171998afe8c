namespace PoUW.Benchmarks;

/// <summary>Seconds that one call took, as the mean of a block of calls that were timed as a whole.</summary>
/// <param name="CpuSeconds">CPU time of the thread that made the calls; of the whole process where a peer can only say that.</param>
/// <param name="WallSeconds">Wall time.</param>
public readonly record struct BlockTime(double CpuSeconds, double WallSeconds);
