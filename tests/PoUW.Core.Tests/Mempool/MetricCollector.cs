using System.Diagnostics.Metrics;

namespace PoUW.Core.Tests.Mempool;

/// <summary>What the meter "PoUW.Core" measured for one node: the sum of each counter by tags, and the last value of each gauge.</summary>
internal sealed class MetricCollector : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly Lock _gate = new();
    private readonly Dictionary<string, long> _sums = [];
    private readonly string _node;

    internal MetricCollector(string node)
    {
        _node = node;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "PoUW.Core")
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>(OnMeasured);
        _listener.Start();
    }

    /// <summary>The sum, count or last value under "instrument" or "instrument tag=value tag=value"; zero if nothing was measured.</summary>
    internal long this[string key]
    {
        get
        {
            lock (_gate)
            {
                return _sums.GetValueOrDefault(key);
            }
        }
    }

    public void Dispose() => _listener.Dispose();

    private void OnMeasured(Instrument instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        string key = instrument.Name;
        string? node = null;
        foreach ((string name, object? tag) in tags)
        {
            node = name == "node" ? (string?)tag : node;
            key += name == "node" ? "" : $" {name}={tag}";
        }

        Assert.That(node, Is.Not.Null, "every measurement names its node");
        if (node == _node)
        {
            lock (_gate)
            {
                long before = _sums.GetValueOrDefault(key);
                _sums[key] = instrument switch
                {
                    Gauge<long> => value,
                    Histogram<long> => before + 1,
                    _ => before + value,
                };
            }
        }
    }
}
