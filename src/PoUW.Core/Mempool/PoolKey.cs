namespace PoUW.Core.Mempool;

/// <summary>A place in one of the pool's orders; the smaller comes first. Arrivals differ, so no two transactions have equal keys.</summary>
internal readonly record struct PoolKey(UInt128 Major, ulong Minor) : IComparable<PoolKey>
{
    public int CompareTo(PoolKey other)
    {
        int order = Major.CompareTo(other.Major);
        return order != 0 ? order : Minor.CompareTo(other.Minor);
    }

    /// <summary>What a block prefers: the highest tip, then the earliest arrival.</summary>
    internal static PoolKey BestFirst(PooledTransaction pooled) => new(ulong.MaxValue - pooled.Body.TipPerGas, pooled.Arrival);

    /// <summary>
    /// Who leaves a full pool: those behind a gap before the others, since they pay nobody; then the lowest tip, then the latest arrival.
    /// </summary>
    internal static PoolKey WorstFirst(PooledTransaction pooled) =>
        new(((UInt128)(pooled.IsParked ? 0UL : 1UL) << 64) | pooled.Body.TipPerGas, ulong.MaxValue - pooled.Arrival);

    /// <summary>What expires first.</summary>
    internal static PoolKey ExpiryFirst(PooledTransaction pooled) => new(pooled.Body.ExpiryHeight, pooled.Arrival);
}
