using PoUW.Core.Telemetry;
using PoUW.Core.Validation;

namespace PoUW.Core.Mempool;

/// <summary>The pool's measurements under one node's name. Thread-safe; must not be called under the pool's lock, since listeners run inside.</summary>
internal sealed class MempoolMetrics(string node)
{
    private readonly KeyValuePair<string, object?> _node = new(CoreMetrics.NodeTag, node);

    /// <summary>True if somebody wants to know how full the pool is.</summary>
    internal static bool WantsSize => CoreMetrics.MempoolCount.Enabled || CoreMetrics.MempoolBytes.Enabled;

    internal void Admitted() => CoreMetrics.MempoolAdmitted.Add(1, _node);

    internal void Rejected(string rule, ValidationCode code)
    {
        if (CoreMetrics.MempoolRejected.Enabled)
        {
            CoreMetrics.MempoolRejected.Add(1, _node, Tag("rule", rule), Tag("code", code.ToString()));
        }
    }

    internal void Removed(RemovalReason reason)
    {
        if (CoreMetrics.MempoolRemoved.Enabled)
        {
            CoreMetrics.MempoolRemoved.Add(1, _node, Tag("reason", reason.ToString()));
        }
    }

    internal void Size(int count, long bytes)
    {
        CoreMetrics.MempoolCount.Record(count, _node);
        CoreMetrics.MempoolBytes.Record(bytes, _node);
    }

    internal void Rechecked(TimeSpan elapsed) => CoreMetrics.MempoolRecheckDuration.Record(elapsed.Ticks / TimeSpan.TicksPerMicrosecond, _node);

    internal void JournalDamaged() => CoreMetrics.MempoolJournalDamaged.Add(1, _node);

    internal void JournalFailed() => CoreMetrics.MempoolJournalFailed.Add(1, _node);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);
}
