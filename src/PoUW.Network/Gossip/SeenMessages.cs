using System.Diagnostics.CodeAnalysis;

namespace PoUW.Network.Gossip;

/// <summary>The messages seen of late, bounded by count and age, oldest forgotten first. Not thread-safe.</summary>
internal sealed class SeenMessages(int capacity, TimeSpan duration, MessageIdComparer comparer)
{
    private readonly Dictionary<GossipMessageId, LinkedListNode<SeenMessage>> _messages = new(comparer);
    private readonly LinkedList<SeenMessage> _byAge = new();

    public int Count => _messages.Count;

    public bool TryGet(GossipMessageId id, [NotNullWhen(true)] out SeenMessage? message)
    {
        message = _messages.TryGetValue(id, out LinkedListNode<SeenMessage>? node) ? node.Value : null;
        return message is not null;
    }

    public SeenMessage Add(GossipMessageId id, string topic, TimeSpan now)
    {
        Expire(now);
        if (_messages.Count == capacity)
        {
            Remove(_byAge.First!.Value.Id);
        }

        SeenMessage message = new(id, topic, now);
        _messages.Add(id, _byAge.AddLast(message));
        return message;
    }

    /// <summary>Forgets a message, so that it is taken when it comes again.</summary>
    public void Remove(GossipMessageId id)
    {
        if (_messages.Remove(id, out LinkedListNode<SeenMessage>? node))
        {
            _byAge.Remove(node);
        }
    }

    public void Expire(TimeSpan now)
    {
        while (_byAge.First is { } oldest && now - oldest.Value.Since > duration)
        {
            Remove(oldest.Value.Id);
        }
    }
}
