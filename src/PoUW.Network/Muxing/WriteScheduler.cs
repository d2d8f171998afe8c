namespace PoUW.Network.Muxing;

/// <summary>
/// Whose frame is next: classes share by weight (start-time fair queuing, after Goyal, Vin and Cheng), streams of a class take turns. A class
/// that had nothing to send starts at the present, so its first frame goes before the next one of a busy class, and it saves up nothing. Used
/// under the connection's lock.
/// </summary>
internal sealed class WriteScheduler
{
    private const int Classes = 3;
    private const long Scale = 1024;

    private readonly StreamRing[] _rings = [new(), new(), new()];
    private readonly int[] _weights;
    private readonly long[] _starts = new long[Classes];
    private long _now;

    public WriteScheduler(YamuxOptions options)
    {
        _weights = [options.UrgentWeight, options.NormalWeight, options.BulkWeight];
    }

    /// <summary>Adds a stream that has something to send, at the end of its class.</summary>
    public void Add(YamuxStream stream)
    {
        int index = (int)stream.PriorityNow;
        if (_rings[index].Count == 0)
        {
            _starts[index] = Math.Max(_starts[index], _now);
        }

        _rings[index].AddLast(stream);
    }

    public void Remove(YamuxStream stream)
    {
        foreach (StreamRing ring in _rings)
        {
            ring.Remove(stream);
        }
    }

    /// <summary>Takes the stream whose frame is next out of the queue, or null.</summary>
    public YamuxStream? Take()
    {
        int best = -1;
        for (int i = 0; i < Classes; i++)
        {
            if (_rings[i].Count > 0 && (best < 0 || _starts[i] < _starts[best]))
            {
                best = i;
            }
        }

        if (best < 0)
        {
            return null;
        }

        _now = _starts[best];
        return _rings[best].TakeFirst();
    }

    /// <summary>Books a frame that a stream has sent.</summary>
    public void Charge(YamuxStream stream, int bytes)
    {
        int index = (int)stream.PriorityNow;
        _starts[index] += bytes * Scale / _weights[index];
    }
}
