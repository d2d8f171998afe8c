using System.Threading.Channels;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Gossip;

/// <summary>
/// What waits to be written to one peer: control first, then small messages, long ones, IHAVE. Bounded without ever waiting: of messages and
/// IHAVE the oldest are dropped, so that a slow peer loses its own and nobody else's. Any thread adds, one takes.
/// </summary>
internal sealed class GossipSendQueue(GossipLimits limits)
{
    // One write: enough that many small RPCs cost one call, little enough that control behind it does not wait.
    private const int BatchBytes = 32 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<byte[]> _control = new();
    private readonly LinkedList<(GossipMessageId Id, GossipMessage Message)> _small = new();
    private readonly LinkedList<(GossipMessageId Id, GossipMessage Message)> _long = new();
    private readonly Queue<byte[]> _gossip = new();
    private readonly Channel<bool> _signal =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private long _messageBytes;
    private long _gossipBytes;

    /// <summary>True once control had to be dropped: the two sides no longer agree and the stream has to begin anew.</summary>
    public bool IsOverrun { get; private set; }

    public int Messages
    {
        get
        {
            lock (_gate)
            {
                return _small.Count + _long.Count;
            }
        }
    }

    /// <returns>The number of messages and IHAVE that were dropped for it.</returns>
    public int Add(RpcBuilder rpc)
    {
        int dropped = 0;
        GossipRpc control = rpc.ToControl();
        lock (_gate)
        {
            if (!control.IsEmpty && !IsOverrun)
            {
                IsOverrun = _control.Count == limits.QueuedControl;
                _control.Enqueue(GossipRpcCodec.EncodeDelimited(control));
            }

            foreach ((GossipMessageId id, GossipMessage message) in rpc.Messages)
            {
                (message.Encoded.Length <= limits.SmallMessageBytes ? _small : _long).AddLast((id, message));
                _messageBytes += message.Encoded.Length;
            }

            if (rpc.IHave.Count > 0)
            {
                byte[] gossip = GossipRpcCodec.EncodeDelimited(new GossipRpc { IHave = rpc.IHave });
                _gossip.Enqueue(gossip);
                _gossipBytes += gossip.Length;
            }

            dropped += Shrink();
        }

        _signal.Writer.TryWrite(true);
        return dropped;
    }

    /// <summary>Takes back long messages that the peer no longer wants.</summary>
    /// <returns>How many.</returns>
    public int Cancel(IReadOnlyList<GossipMessageId> unwanted)
    {
        lock (_gate)
        {
            if (_long.Count == 0)
            {
                return 0;
            }

            int before = _long.Count;
            SortedSet<GossipMessageId> ids = [.. unwanted];
            for (LinkedListNode<(GossipMessageId Id, GossipMessage Message)>? node = _long.First, next; node is not null; node = next)
            {
                next = node.Next;
                if (ids.Contains(node.Value.Id))
                {
                    Drop(_long, node);
                }
            }

            return before - _long.Count;
        }
    }

    /// <summary>Forgets all that waits; for a stream that begins anew.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _control.Clear();
            _small.Clear();
            _long.Clear();
            _gossip.Clear();
            (_messageBytes, _gossipBytes, IsOverrun) = (0, 0, false);
        }
    }

    public void Close() => _signal.Writer.TryComplete();

    /// <summary>Waits until there may be something to take.</summary>
    /// <returns>False once the queue is closed.</returns>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellation)
    {
        bool isOpen = await _signal.Reader.WaitToReadAsync(cancellation);
        _signal.Reader.TryRead(out _);
        return isOpen;
    }

    /// <summary>The next bytes to write, whole RPCs with their lengths; empty if nothing waits.</summary>
    public byte[] Take()
    {
        lock (_gate)
        {
            List<byte[]> batch = [];
            int bytes = 0;
            while (bytes < BatchBytes && TakeNext() is { } frame)
            {
                batch.Add(frame);
                bytes += frame.Length;
            }

            return batch.Count == 1 ? batch[0] : [.. batch.SelectMany(static frame => frame)];
        }
    }

    private byte[]? TakeNext()
    {
        if (_control.TryDequeue(out byte[]? control))
        {
            return control;
        }

        if ((_small.First is not null ? _small : _long) is { First: { } first } lane)
        {
            Drop(lane, first);
            return FrameOf(first.Value.Message);
        }

        if (_gossip.TryDequeue(out byte[]? gossip))
        {
            _gossipBytes -= gossip.Length;
            return gossip;
        }

        return null;
    }

    private int Shrink()
    {
        int dropped = 0;
        while (_small.Count + _long.Count > 1
            && (_messageBytes > limits.QueuedMessageBytes || _small.Count + _long.Count > limits.QueuedMessages))
        {
            // Long ones first: they free the most, and content that is small is what the ledger waits for.
            LinkedList<(GossipMessageId Id, GossipMessage Message)> lane = _long.First is not null ? _long : _small;
            Drop(lane, lane.First!);
            dropped++;
        }

        while (_gossip.Count > 1 && _gossipBytes > limits.QueuedGossipBytes)
        {
            _gossipBytes -= _gossip.Dequeue().Length;
            dropped++;
        }

        return dropped;
    }

    private void Drop(
        LinkedList<(GossipMessageId Id, GossipMessage Message)> lane, LinkedListNode<(GossipMessageId Id, GossipMessage Message)> node)
    {
        _messageBytes -= node.Value.Message.Encoded.Length;
        lane.Remove(node);
    }

    /// <summary>An RPC that holds nothing but the message, with its length.</summary>
    private static byte[] FrameOf(GossipMessage message)
    {
        const byte MessageTag = (2 << 3) | 2;
        ReadOnlySpan<byte> encoded = message.Encoded.Span;
        int inner = 1 + Varint.LengthOf((ulong)encoded.Length) + encoded.Length;
        byte[] frame = new byte[Varint.LengthOf((ulong)inner) + inner];
        int position = Varint.Write(frame, (ulong)inner);
        frame[position++] = MessageTag;
        position += Varint.Write(frame.AsSpan(position), (ulong)encoded.Length);
        encoded.CopyTo(frame.AsSpan(position));
        return frame;
    }
}
