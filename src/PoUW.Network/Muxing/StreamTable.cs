using PoUW.Network.Guards;

namespace PoUW.Network.Muxing;

/// <summary>The streams of a connection that the peer knows or may come to know, and what is remembered of the others. Used under the connection's lock.</summary>
internal sealed class StreamTable(YamuxSession session, bool isDialer)
{
    private readonly Dictionary<uint, YamuxStream> _streams = [];
    private readonly StreamIdWindow _peerIds = new();
    private readonly StreamRing _unaccepted = new();
    private readonly TokenBucket _opens = new(session.Options.StreamOpens, session.Time);
    private uint _nextId = isDialer ? 1u : 2u;
    private int _inbound;
    private int _refused;
    private long _lateBytes;

    public int Count => _streams.Count;

    /// <summary>Streams of this side that the peer has not acknowledged.</summary>
    public int Unacknowledged { get; private set; }

    private YamuxOptions Options => session.Options;

    /// <summary>True if this side may open one more, but for those that the peer has not acknowledged.</summary>
    public bool HasRoom => _streams.Count - _inbound < Options.MaxOutboundStreams && _nextId <= uint.MaxValue - 2;

    public YamuxStream Open()
    {
        YamuxStream stream = new(session, _nextId, isInbound: false)
        {
            IsUnacknowledged = true,
            PendingFlags = YamuxFlags.Syn,
        };
        _nextId += 2;
        Unacknowledged++;
        Add(stream);
        return stream;
    }

    public YamuxStream? Find(uint id) => _streams.GetValueOrDefault(id);

    public bool IsOfPeer(uint id) => id % 2 == (isDialer ? 0 : 1);

    /// <summary>True if a stream of the id has been open.</summary>
    public bool WasOpen(uint id) => IsOfPeer(id) ? _peerIds.IsUsed(id) : id < _nextId;

    /// <summary>The peer opens a stream.</summary>
    /// <param name="id">The stream.</param>
    /// <param name="stream">The stream, or null if there is no room for it.</param>
    /// <returns>What the peer has done wrong, or null.</returns>
    public string? OpenByPeer(uint id, out YamuxStream? stream)
    {
        stream = null;
        if (!IsOfPeer(id))
        {
            return $"Stream {id} was opened by the side that may not use its number.";
        }

        if (!_peerIds.TryUse(id))
        {
            return $"Stream {id} was opened twice.";
        }

        if (session.Sender.IsSwamped)
        {
            return "Streams are opened and ended without end, and what is told of them is not read.";
        }

        if (!_opens.TryTake() || _inbound >= Options.MaxInboundStreams || _unaccepted.Count >= Options.MaxUnacknowledgedStreams)
        {
            _refused++;
            _lateBytes += YamuxOptions.InitialWindowBytes;
            return _refused > Options.MaxRefusedStreams || !session.Sender.TryRefuse(id) ? $"{_refused} streams beyond the limit." : null;
        }

        stream = new YamuxStream(session, id, isInbound: true) { IsUnaccepted = true };
        _inbound++;
        _unaccepted.AddLast(stream);
        session.WakeAcceptor();
        Add(stream);
        return null;
    }

    /// <summary>The next stream that the peer opened, or null.</summary>
    public YamuxStream? Accept()
    {
        YamuxStream? stream = _unaccepted.TakeFirst();
        if (stream is not null)
        {
            _refused = 0;
            stream.IsUnaccepted = false;
            stream.PendingFlags |= YamuxFlags.Ack;
            session.Sender.QueueControl(stream);
        }

        return stream;
    }

    public void Acknowledge(YamuxStream stream)
    {
        if (stream.IsUnacknowledged)
        {
            stream.IsUnacknowledged = false;
            Unacknowledged--;
            session.WakeOpeners();
        }
    }

    /// <summary>Drops a stream that is over for both sides, or for one that has told the other.</summary>
    public void Forget(YamuxStream stream)
    {
        if (stream.IsForgotten)
        {
            return;
        }

        stream.IsForgotten = true;
        _streams.Remove(stream.Id);
        _inbound -= stream.IsInbound ? 1 : 0;
        _lateBytes += stream.Receives.IsFinished ? 0 : stream.Receives.Credit;
        _unaccepted.Remove(stream);
        session.Sender.Scheduler.Remove(stream);
        stream.Receives.ReleaseWindow();
        session.ReceiveBudget.Count(-1);
        Acknowledge(stream);
    }

    /// <summary>Books bytes for a stream that is over.</summary>
    /// <returns>False if the peer was never allowed to send so many.</returns>
    public bool TryTakeLate(long bytes)
    {
        _lateBytes -= bytes;
        return _lateBytes >= 0;
    }

    /// <summary>All streams, by number, so that nothing depends on the order of a hash table.</summary>
    public IEnumerable<YamuxStream> InOrder() => _streams.Values.OrderBy(static stream => stream.Id).ToArray();

    private void Add(YamuxStream stream)
    {
        _streams.Add(stream.Id, stream);
        session.ReceiveBudget.Count(1);
    }
}
