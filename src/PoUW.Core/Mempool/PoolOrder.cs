namespace PoUW.Core.Mempool;

/// <summary>The total orders of a pool's transactions, worst first. No two arrivals are equal.</summary>
internal static class PoolOrder
{
    /// <summary>What a block prefers: the lower tip is worse, then the later arrival.</summary>
    internal static IComparer<PooledTransaction> ByTip { get; } = Comparer<PooledTransaction>.Create(CompareTips);

    /// <summary>As <see cref="ByTip"/>, the best first.</summary>
    internal static IComparer<PooledTransaction> BestFirst { get; } = Comparer<PooledTransaction>.Create((left, right) => CompareTips(right, left));

    /// <summary>Who leaves a full pool: those behind a gap before the others, since they pay nobody; then <see cref="ByTip"/>.</summary>
    internal static IComparer<PooledTransaction> ByRank { get; } = Comparer<PooledTransaction>.Create(CompareRanks);

    /// <summary>What expires first.</summary>
    internal static IComparer<PooledTransaction> ByExpiry { get; } = Comparer<PooledTransaction>.Create(CompareExpiries);

    private static int CompareTips(PooledTransaction left, PooledTransaction right)
    {
        int order = left.Body.TipPerGas.CompareTo(right.Body.TipPerGas);
        return order != 0 ? order : right.Arrival.CompareTo(left.Arrival);
    }

    private static int CompareRanks(PooledTransaction left, PooledTransaction right)
    {
        int order = right.IsParked.CompareTo(left.IsParked);
        return order != 0 ? order : CompareTips(left, right);
    }

    private static int CompareExpiries(PooledTransaction left, PooledTransaction right)
    {
        int order = left.Body.ExpiryHeight.CompareTo(right.Body.ExpiryHeight);
        return order != 0 ? order : left.Arrival.CompareTo(right.Arrival);
    }
}
