using System.Diagnostics.CodeAnalysis;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// The messages of the last heartbeats, for IWANT (specification, "Message Cache"): windows of one heartbeat each, bounded in messages and bytes
/// beside. Not thread-safe.
/// </summary>
internal sealed class MessageCache(int windows, int gossipWindows, int maxMessages, long maxBytes, MessageIdComparer comparer)
{
    private readonly Dictionary<GossipMessageId, Entry> _entries = new(comparer);
    private readonly LinkedList<Entry> _order = new();
    private long _window;

    public int Count => _entries.Count;

    public long Bytes { get; private set; }

    public void Add(GossipMessageId id, GossipMessage message)
    {
        if (message.Encoded.Length > maxBytes || !_entries.TryAdd(id, new Entry(id, message, _window)))
        {
            return;
        }

        _order.AddLast(_entries[id]);
        Bytes += message.Encoded.Length;
        while (_order.Count > maxMessages || Bytes > maxBytes)
        {
            RemoveOldest();
        }
    }

    public bool TryGet(GossipMessageId id, [NotNullWhen(true)] out GossipMessage? message)
    {
        message = _entries.TryGetValue(id, out Entry? entry) ? entry.Message : null;
        return message is not null;
    }

    /// <summary>The message for one peer, and how often it asked for it, this time included.</summary>
    public bool TryGetFor(PeerId peer, GossipMessageId id, [NotNullWhen(true)] out GossipMessage? message, out int times)
    {
        message = null;
        times = 0;
        if (!_entries.TryGetValue(id, out Entry? entry))
        {
            return false;
        }

        message = entry.Message;
        times = entry.Asked.GetValueOrDefault(peer) + 1;
        entry.Asked[peer] = times;
        return true;
    }

    /// <summary>The ids of a topic that are young enough to be told, oldest first.</summary>
    public List<GossipMessageId> IdsToTell(string topic)
    {
        List<GossipMessageId> ids = [];
        for (LinkedListNode<Entry>? node = _order.Last; node is not null && _window - node.Value.Window < gossipWindows; node = node.Previous)
        {
            if (string.Equals(node.Value.Message.Topic, topic, StringComparison.Ordinal))
            {
                ids.Add(node.Value.Id);
            }
        }

        ids.Reverse();
        return ids;
    }

    /// <summary>Begins the window of the next heartbeat and drops the oldest one.</summary>
    public void Shift()
    {
        _window++;
        while (_order.First is { } oldest && _window - oldest.Value.Window >= windows)
        {
            RemoveOldest();
        }
    }

    private void RemoveOldest()
    {
        Entry oldest = _order.First!.Value;
        _order.RemoveFirst();
        _entries.Remove(oldest.Id);
        Bytes -= oldest.Message.Encoded.Length;
    }

    private sealed class Entry(GossipMessageId id, GossipMessage message, long window)
    {
        public GossipMessageId Id => id;

        public GossipMessage Message => message;

        public long Window => window;

        /// <summary>How often each peer asked; bounded by the number of peers while the message is here.</summary>
        public Dictionary<PeerId, int> Asked { get; } = [];
    }
}
