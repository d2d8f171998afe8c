using System.Diagnostics.Metrics;

namespace PoUW.Core.Telemetry;

/// <summary>
/// The instruments of this assembly, all on the meter "PoUW.Core". Every measurement carries the tag "node", the name that the host gave
/// the node; the other tags are listed with the instruments. They cost a comparison while nobody listens.
/// </summary>
internal static class CoreMetrics
{
    /// <summary>The tag with the node's name.</summary>
    internal const string NodeTag = "node";

    private static readonly Meter Meter = new("PoUW.Core");

    /// <summary>Transactions that the pool took in.</summary>
    internal static readonly Counter<long> MempoolAdmitted =
        Meter.CreateCounter<long>("pouw.mempool.admitted", "{transaction}", "Transactions that the pool took in.");

    /// <summary>Transactions that the pool refused; tags "rule" (the name of the admission rule) and "code".</summary>
    internal static readonly Counter<long> MempoolRejected =
        Meter.CreateCounter<long>("pouw.mempool.rejected", "{transaction}", "Transactions that the pool refused, by rule and code.");

    /// <summary>Transactions that left the pool; tag "reason".</summary>
    internal static readonly Counter<long> MempoolRemoved =
        Meter.CreateCounter<long>("pouw.mempool.removed", "{transaction}", "Transactions that left the pool, by reason.");

    /// <summary>Transactions in the pool after the last change.</summary>
    internal static readonly Gauge<long> MempoolCount =
        Meter.CreateGauge<long>("pouw.mempool.count", "{transaction}", "Transactions that wait in the pool.");

    /// <summary>Bytes of memory that the pool accounts for, after the last change.</summary>
    internal static readonly Gauge<long> MempoolBytes =
        Meter.CreateGauge<long>("pouw.mempool.bytes", "By", "Memory of the transactions that wait, overhead included.");

    /// <summary>How long the pool rechecked senders in turn after a block; whole microseconds, since Core has no floating point.</summary>
    internal static readonly Histogram<long> MempoolRecheckDuration =
        Meter.CreateHistogram<long>("pouw.mempool.recheck.duration", "us", "Time that the pool spent rechecking senders after a block.");

    /// <summary>Entries of the pool's journal that could not be read back.</summary>
    internal static readonly Counter<long> MempoolJournalDamaged =
        Meter.CreateCounter<long>("pouw.mempool.journal.damaged", "{entry}", "Entries of the pool's journal that could not be read back.");

    /// <summary>Writes of the pool's journal after a block that failed; they are tried again after the next.</summary>
    internal static readonly Counter<long> MempoolJournalFailed =
        Meter.CreateCounter<long>("pouw.mempool.journal.failed", "{write}", "Writes of the pool's journal that failed and will be repeated.");

    /// <summary>Blocks that joined the chain of the head.</summary>
    internal static readonly Counter<long> ChainAttached =
        Meter.CreateCounter<long>("pouw.chain.attached", "{block}", "Blocks that joined the chain of the head.");

    /// <summary>Blocks that left the chain of the head in a reorganisation.</summary>
    internal static readonly Counter<long> ChainDetached =
        Meter.CreateCounter<long>("pouw.chain.detached", "{block}", "Blocks that left the chain of the head in a reorganisation.");

    /// <summary>Blocks that were not imported; tag "code".</summary>
    internal static readonly Counter<long> ChainRefused =
        Meter.CreateCounter<long>("pouw.chain.refused", "{block}", "Blocks that were not imported, by code.");

    /// <summary>The height of the head after the last change.</summary>
    internal static readonly Gauge<long> ChainHeight = Meter.CreateGauge<long>("pouw.chain.height", "{block}", "The height of the head.");

    /// <summary>The finalized height after the last change.</summary>
    internal static readonly Gauge<long> ChainFinalized = Meter.CreateGauge<long>("pouw.chain.finalized", "{block}", "The finalized height.");

    /// <summary>Steps that a subscriber had not finished when the head last changed; tag "subscriber".</summary>
    internal static readonly Gauge<long> SubscriberBehind =
        Meter.CreateGauge<long>("pouw.notifications.behind", "{step}", "Steps of the chain that a subscriber has not finished.");

    /// <summary>What happened to blocks without parent; tag "event": kept, adopted, evicted, expired, refused.</summary>
    internal static readonly Counter<long> OrphanEvents =
        Meter.CreateCounter<long>("pouw.orphans.events", "{block}", "What happened to blocks whose parent is not known.");

    /// <summary>Blocks that wait for their parent.</summary>
    internal static readonly Gauge<long> OrphanCount =
        Meter.CreateGauge<long>("pouw.orphans.count", "{block}", "Blocks that wait for their parent.");

    /// <summary>Bytes of the blocks that wait for their parent.</summary>
    internal static readonly Gauge<long> OrphanBytes =
        Meter.CreateGauge<long>("pouw.orphans.bytes", "By", "Bytes of the blocks that wait for their parent.");
}
