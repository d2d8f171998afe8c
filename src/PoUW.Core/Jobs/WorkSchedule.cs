using PoUW.Core.Parameters;

namespace PoUW.Core.Jobs;

/// <summary>
/// When the operations of a lease may be claimed. Time moves a cursor over the lease's padded MACs at a fixed speed; an operation is due in a
/// block if the cursor passes its start between the latest time among the block's ancestors (plus the lead) and the block's own time. So each
/// operation is due under one parent, and a lease cannot back more draws than were paid for. Immutable.
/// </summary>
/// <remarks>
/// A block that claims may be ahead of the clock by the lead (<see cref="LeadOf"/>), so an operation can be drawn from that long before its
/// time. The same lead is added to the ancestors' time: what could be drawn early under the previous parent is not due under the next one.
/// Without it the overlap would be lead / (time between blocks) draws more, and hash power that rises tenfold would make that a multiple.
/// </remarks>
/// <param name="StartMs">When the cursor stands at the lease's first operation, milliseconds since the Unix epoch; or <see cref="NotStarted"/>.</param>
/// <param name="MacsPerSecond">Its speed, at least 1.</param>
/// <param name="LeadMs">How far ahead of the clock a claiming block may be.</param>
public readonly record struct WorkSchedule(ulong StartMs, ulong MacsPerSecond, ulong LeadMs = 0)
{
    /// <summary>The start of a schedule that has not started: nothing is due in any block.</summary>
    public const ulong NotStarted = ulong.MaxValue;

    private const ulong MillisecondsPerSecond = 1_000;

    // A quarter block: what a producer loses after each bound block, against the skew of clocks that it forgives.
    private const ulong LeadsPerBlock = 4;

    /// <summary>False while no operation has a time.</summary>
    public bool HasStarted => StartMs != NotStarted;

    /// <summary>How far ahead of the local clock a bound block's time may be: a quarter block time, and no more than any block's.</summary>
    public static ulong LeadOf(NetworkParameters parameters) =>
        Math.Min(parameters.MaxFutureMilliseconds, parameters.BlockTimeMilliseconds / LeadsPerBlock);

    /// <summary>
    /// True if an operation may be claimed: speed * (latest ancestor + lead - start) &lt;= offset &lt; speed * (block - start).
    /// </summary>
    /// <param name="offset">Padded MACs of the lease before the operation.</param>
    /// <param name="latestAncestorMs">The latest timestamp of the block's ancestors.</param>
    /// <param name="blockMs">The block's timestamp.</param>
    public bool IsDue(ulong offset, ulong latestAncestorMs, ulong blockMs) =>
        CursorAt((Int128)latestAncestorMs + LeadMs) <= (Int128)offset * MillisecondsPerSecond
        && (Int128)offset * MillisecondsPerSecond < CursorAt(blockMs);

    /// <summary>The earliest timestamp of a block that may claim an operation; the largest number if no timestamp is late enough or the schedule has not started.</summary>
    /// <param name="offset">Padded MACs of the lease before the operation.</param>
    public ulong EarliestBlockMs(ulong offset) =>
        (ulong)UInt128.Min(ulong.MaxValue, StartMs + ((UInt128)offset * MillisecondsPerSecond / MacsPerSecond) + 1);

    private Int128 CursorAt(Int128 timeMs) => MacsPerSecond * (timeMs - StartMs);
}
