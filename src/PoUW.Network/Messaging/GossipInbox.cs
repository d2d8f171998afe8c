using System.Threading.Channels;

namespace PoUW.Network.Messaging;

/// <summary>
/// Messages of one peer that wait for their handler, bounded in bytes and count. The reading loop adds, the gossip loop takes.
/// </summary>
internal sealed class GossipInbox(NetworkOptions options)
{
    private readonly Channel<GossipMessage> _messages =
        Channel.CreateUnbounded<GossipMessage>(new UnboundedChannelOptions { SingleReader = true });

    private long _bytes;
    private int _count;

    public bool HasRoomFor(int bytes)
    {
        int waiting = Volatile.Read(ref _count);
        return waiting == 0
            || (waiting < options.GossipInboxMessages && Interlocked.Read(ref _bytes) + bytes <= options.GossipInboxBytes);
    }

    public void Add(GossipMessage message)
    {
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _bytes, message.Payload.Length);
        _messages.Writer.TryWrite(message);
    }

    /// <returns>Null once closed.</returns>
    public async ValueTask<GossipMessage?> TakeAsync()
    {
        while (await _messages.Reader.WaitToReadAsync(CancellationToken.None))
        {
            if (_messages.Reader.TryRead(out GossipMessage? message))
            {
                Interlocked.Decrement(ref _count);
                Interlocked.Add(ref _bytes, -message.Payload.Length);
                return message;
            }
        }

        return null;
    }

    /// <summary>Takes no more messages; those that wait are dropped.</summary>
    public void Close()
    {
        _messages.Writer.TryComplete();
        while (_messages.Reader.TryRead(out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
