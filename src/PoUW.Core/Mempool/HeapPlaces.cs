using System.Runtime.CompilerServices;

namespace PoUW.Core.Mempool;

/// <summary>Where a transaction lies in each of the pool's heaps, plus one; zero where it does not. Kept by <see cref="PoolHeap"/>.</summary>
[InlineArray(Length)]
internal struct HeapPlaces
{
    /// <summary>How many heaps there are.</summary>
    internal const int Length = 3;

    private int _first;
}
