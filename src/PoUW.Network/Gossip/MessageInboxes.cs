using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// Messages that wait for their handlers: one inbox for each peer and topic, begun in order of arrival, as many at a time as the topic allows, bounded in
/// messages and bytes.
/// Inboxes do not wait for each other. Any thread.
/// </summary>
/// <param name="limits">The bounds.</param>
/// <param name="tasks">Runs the work.</param>
/// <param name="judge">Asks the handler; does not throw.</param>
/// <param name="atOnce">How many messages of one peer a topic's handler may have at the same time.</param>
internal sealed class MessageInboxes(GossipLimits limits, TaskGroup tasks, Func<PendingMessage, ValueTask> judge, Func<string, int> atOnce)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(PeerId Peer, string Topic), Inbox> _inboxes = [];
    private long _bytes;

    /// <summary>Bytes that wait in all inboxes.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <returns>False if there is no room for the message.</returns>
    public bool TryAdd(PendingMessage message)
    {
        (PeerId Peer, string Topic) key = (message.Peer, message.Message.Topic);
        int length = message.Message.Data.Length;
        lock (_gate)
        {
            bool isThere = _inboxes.TryGetValue(key, out Inbox? inbox);
            if (isThere && (inbox!.Messages.Count >= limits.InboxMessages || inbox.Bytes + length > limits.InboxBytes))
            {
                return false;
            }

            if (_bytes > 0 && _bytes + length > limits.TotalInboxBytes)
            {
                return false;
            }

            inbox ??= new Inbox();
            if (inbox.Workers < atOnce(key.Topic))
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
            inbox.Bytes += length;
            _bytes += length;
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
                _bytes -= message.Message.Data.Length;
                inbox.Bytes -= message.Message.Data.Length;
            }
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
