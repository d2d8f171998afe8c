namespace PoUW.Core.Jobs;

/// <summary>
/// When the operations of a lease may be claimed. Time moves a cursor over the lease's padded MACs at a fixed speed; an operation is due in a
/// block if the cursor passes its start between the latest time among the block's ancestors and the block's own time. So each operation is
/// due under about one parent, and a lease cannot back more draws than were paid for. Immutable.
/// </summary>
/// <param name="StartMs">When the cursor stands at the lease's first operation, milliseconds since the Unix epoch.</param>
/// <param name="MacsPerSecond">Its speed, at least 1.</param>
public readonly record struct WorkSchedule(ulong StartMs, ulong MacsPerSecond)
{
    private const ulong MillisecondsPerSecond = 1_000;

    /// <summary>True if an operation may be claimed: speed * (latest ancestor - start) &lt;= offset &lt; speed * (block - start).</summary>
    /// <param name="offset">Padded MACs of the lease before the operation.</param>
    /// <param name="latestAncestorMs">The latest timestamp of the block's ancestors.</param>
    /// <param name="blockMs">The block's timestamp.</param>
    public bool IsDue(ulong offset, ulong latestAncestorMs, ulong blockMs) =>
        CursorAt(latestAncestorMs) <= (Int128)offset * MillisecondsPerSecond && (Int128)offset * MillisecondsPerSecond < CursorAt(blockMs);

    /// <summary>The earliest timestamp of a block that may claim an operation.</summary>
    public ulong EarliestBlockMs(ulong offset) => StartMs + (ulong)((UInt128)offset * MillisecondsPerSecond / MacsPerSecond) + 1;

    private Int128 CursorAt(ulong timeMs) => (Int128)MacsPerSecond * ((Int128)timeMs - StartMs);
}
