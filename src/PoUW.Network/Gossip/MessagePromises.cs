using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// What peers promised with IHAVE and were asked for: one id of each IWANT, chosen at random (specification, gossipsub 1.1, "Spam Protection
/// Measures"). Not thread-safe.
/// </summary>
internal sealed class MessagePromises(MessageIdComparer comparer)
{
    private readonly Dictionary<GossipMessageId, SortedDictionary<PeerId, TimeSpan>> _promises = new(comparer);

    public int Count => _promises.Count;

    /// <summary>Notes a promise; an earlier one of the peer for the message stays.</summary>
    public void Add(GossipMessageId id, PeerId peer, TimeSpan end)
    {
        if (!_promises.TryGetValue(id, out SortedDictionary<PeerId, TimeSpan>? peers))
        {
            _promises.Add(id, peers = []);
        }

        peers.TryAdd(peer, end);
    }

    /// <summary>The message came, from whomever.</summary>
    public void Fulfil(GossipMessageId id) => _promises.Remove(id);

    public void Forget(PeerId peer)
    {
        foreach ((GossipMessageId id, SortedDictionary<PeerId, TimeSpan> peers) in _promises.ToArray())
        {
            if (peers.Remove(peer) && peers.Count == 0)
            {
                _promises.Remove(id);
            }
        }
    }

    /// <summary>Takes out the promises whose time is over.</summary>
    /// <returns>How many each peer broke.</returns>
    public SortedDictionary<PeerId, int> TakeBroken(TimeSpan now)
    {
        SortedDictionary<PeerId, int> broken = [];
        foreach ((GossipMessageId id, SortedDictionary<PeerId, TimeSpan> peers) in _promises.ToArray())
        {
            foreach ((PeerId peer, TimeSpan end) in peers.ToArray())
            {
                if (end <= now)
                {
                    broken[peer] = broken.GetValueOrDefault(peer) + 1;
                    peers.Remove(peer);
                }
            }

            if (peers.Count == 0)
            {
                _promises.Remove(id);
            }
        }

        return broken;
    }
}
