using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// Messages that wait for their handlers: one inbox for each peer and topic, begun in order of arrival, as many at a time as the topic allows, bounded in
/// messages and bytes. The topics share the bytes equally, so that a flood on one leaves the others their room. Inboxes do not wait for each other.
/// Any thread.
/// </summary>
/// <param name="limits">The bounds.</param>
/// <param name="tasks">Runs the work.</param>
/// <param name="judge">Asks the handler; does not throw.</param>
/// <param name="roomOf">What a topic's messages may take.</param>
internal sealed class MessageInboxes(GossipLimits limits, TaskGroup tasks, Func<PendingMessage, ValueTask> judge, Func<string, InboxRoom> roomOf)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(PeerId Peer, string Topic), Inbox> _inboxes = [];
    private readonly Dictionary<string, long> _bytes = [];

    /// <returns>False if there is no room for the message.</returns>
    public bool TryAdd(PendingMessage message)
    {
        (PeerId Peer, string Topic) key = (message.Peer, message.Message.Topic);
        int length = message.Message.Data.Length;
        InboxRoom room = roomOf(key.Topic);
        lock (_gate)
        {
            _inboxes.TryGetValue(key, out Inbox? inbox);
            bool isFull = inbox is not null && (inbox.Messages.Count >= limits.InboxMessages || (inbox.Bytes > 0 && inbox.Bytes + length > room.BytesOfPeer));
            long others = _bytes.GetValueOrDefault(key.Topic);
            if (isFull || (others > 0 && others + length > room.Bytes))
            {
                return false;
            }

            inbox ??= new Inbox();
            if (inbox.Workers < room.HandledAtOnce)
            {
                // A worker that finds nothing ends at once.
                if (!tasks.TryRun("gossip handlers", () => WorkAsync(key, inbox)))
                {
                    return false;
                }

                inbox.Workers++;
            }

            _inboxes[key] = inbox;
            inbox.Messages.Enqueue(message);
            Count(key.Topic, inbox, length);
            return true;
        }
    }

    private async Task WorkAsync((PeerId Peer, string Topic) key, Inbox inbox)
    {
        while (TryTake(key, inbox, out PendingMessage message))
        {
            await judge(message);
            lock (_gate)
            {
                Count(key.Topic, inbox, -message.Message.Data.Length);
            }
        }
    }

    private void Count(string topic, Inbox inbox, int change)
    {
        inbox.Bytes += change;
        long bytes = _bytes.GetValueOrDefault(topic) + change;
        if (bytes > 0)
        {
            _bytes[topic] = bytes;
        }
        else
        {
            _bytes.Remove(topic);
        }
    }

    private bool TryTake((PeerId Peer, string Topic) key, Inbox inbox, out PendingMessage message)
    {
        lock (_gate)
        {
            if (inbox.Messages.TryDequeue(out message))
            {
                return true;
            }

            if (--inbox.Workers == 0)
            {
                _inboxes.Remove(key);
            }

            return false;
        }
    }

    private sealed class Inbox
    {
        public Queue<PendingMessage> Messages { get; } = new();

        public int Workers { get; set; }

        public long Bytes { get; set; }
    }
}
