namespace PoUW.Network.Muxing;

/// <summary>Streams in a queue that any of them can leave. A stream is in one ring at most. Used under the connection's lock.</summary>
internal sealed class StreamRing
{
    private YamuxStream? _first;
    private YamuxStream? _last;

    public int Count { get; private set; }

    public void AddLast(YamuxStream stream)
    {
        stream.Ring = this;
        (stream.RingPrevious, stream.RingNext) = (_last, null);
        if (_last is null)
        {
            _first = stream;
        }
        else
        {
            _last.RingNext = stream;
        }

        _last = stream;
        Count++;
    }

    public YamuxStream? TakeFirst()
    {
        YamuxStream? first = _first;
        if (first is not null)
        {
            Remove(first);
        }

        return first;
    }

    public void Remove(YamuxStream stream)
    {
        if (stream.Ring != this)
        {
            return;
        }

        if (stream.RingPrevious is null)
        {
            _first = stream.RingNext;
        }
        else
        {
            stream.RingPrevious.RingNext = stream.RingNext;
        }

        if (stream.RingNext is null)
        {
            _last = stream.RingPrevious;
        }
        else
        {
            stream.RingNext.RingPrevious = stream.RingPrevious;
        }

        (stream.Ring, stream.RingPrevious, stream.RingNext) = (null, null, null);
        Count--;
    }
}
