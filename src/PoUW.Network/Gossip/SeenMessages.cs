using System.Diagnostics.CodeAnalysis;

namespace PoUW.Network.Gossip;

/// <summary>The messages seen of late, bounded by count and age, oldest forgotten first. Not thread-safe.</summary>
internal sealed class SeenMessages(int capacity, TimeSpan duration, MessageIdComparer comparer)
{
    private readonly Dictionary<GossipMessageId, SeenMessage> _messages = new(comparer);
    private readonly Queue<SeenMessage> _order = new();

    public int Count => _messages.Count;

    public bool TryGet(GossipMessageId id, [NotNullWhen(true)] out SeenMessage? message) => _messages.TryGetValue(id, out message);

    public SeenMessage Add(GossipMessageId id, string topic, TimeSpan now)
    {
        Expire(now);
        if (_order.Count == capacity)
        {
            Forget(_order.Dequeue());
        }

        SeenMessage message = new(id, topic, now);
        _messages.Add(id, message);
        _order.Enqueue(message);
        return message;
    }

    /// <summary>Forgets a message, so that it is taken when it comes again. Its place in the order of age stays until its time.</summary>
    public void Remove(GossipMessageId id) => _messages.Remove(id);

    public void Expire(TimeSpan now)
    {
        while (_order.TryPeek(out SeenMessage? oldest) && now - oldest.Since > duration)
        {
            Forget(_order.Dequeue());
        }
    }

    private void Forget(SeenMessage message)
    {
        // The id may be there again for a later copy.
        if (_messages.TryGetValue(message.Id, out SeenMessage? current) && ReferenceEquals(current, message))
        {
            _messages.Remove(message.Id);
        }
    }
}
