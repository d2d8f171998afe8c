using PoUW.Core.Telemetry;

namespace PoUW.Core.Orphans;

/// <summary>A pool's measurements under one node's name. Thread-safe; must not be called under the pool's lock, since listeners run inside.</summary>
internal sealed class OrphanMetrics(string node)
{
    private readonly KeyValuePair<string, object?> _node = new(CoreMetrics.NodeTag, node);

    /// <summary>Tells what has happened from one status of the pool to the next.</summary>
    internal void Report(OrphanPoolStatus before, OrphanPoolStatus after)
    {
        Count("kept", after.Kept - before.Kept);
        Count("adopted", after.Adopted - before.Adopted);
        Count("evicted", after.Evicted - before.Evicted);
        Count("expired", after.Expired - before.Expired);
        Count("refused", after.Refused - before.Refused);
        CoreMetrics.OrphanCount.Record(after.Blocks, _node);
        CoreMetrics.OrphanBytes.Record(after.Bytes, _node);
    }

    private void Count(string what, long times)
    {
        if (times > 0)
        {
            CoreMetrics.OrphanEvents.Add(times, _node, new KeyValuePair<string, object?>("event", what));
        }
    }
}
