using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>Until when which peer is not grafted on which topic, by the order of the ends. Bounded. Not thread-safe.</summary>
internal sealed class MeshBackoffs(int capacity, TimeSpan slack)
{
    private readonly Dictionary<(string Topic, PeerId Peer), TimeSpan> _ends = [];
    private readonly SortedSet<(TimeSpan End, string Topic, PeerId Peer)> _order = new(new ByEnd());

    public int Count => _ends.Count;

    /// <summary>Begins a back-off; one that ends later stays.</summary>
    public void Add(string topic, PeerId peer, TimeSpan end)
    {
        if (_ends.TryGetValue((topic, peer), out TimeSpan current))
        {
            if (current >= end)
            {
                return;
            }

            _order.Remove((current, topic, peer));
        }
        else if (_ends.Count == capacity)
        {
            Remove(_order.Min);
        }

        _ends[(topic, peer)] = end;
        _order.Add((end, topic, peer));
    }

    /// <summary>When the back-off ends, or null if there is none, or it is over.</summary>
    public TimeSpan? EndOf(string topic, PeerId peer, TimeSpan now) =>
        _ends.TryGetValue((topic, peer), out TimeSpan end) && end > now ? end : null;

    /// <summary>True if this node should not graft the peer: in a back-off, or so short after one that the peer might still be in it.</summary>
    public bool Forbids(string topic, PeerId peer) => _ends.ContainsKey((topic, peer));

    /// <summary>Forgets what is over, with the slack.</summary>
    public void Expire(TimeSpan now)
    {
        while (_order.Count > 0 && _order.Min.End + slack <= now)
        {
            Remove(_order.Min);
        }
    }

    private void Remove((TimeSpan End, string Topic, PeerId Peer) backoff)
    {
        _order.Remove(backoff);
        _ends.Remove((backoff.Topic, backoff.Peer));
    }

    private sealed class ByEnd : IComparer<(TimeSpan End, string Topic, PeerId Peer)>
    {
        public int Compare((TimeSpan End, string Topic, PeerId Peer) x, (TimeSpan End, string Topic, PeerId Peer) y)
        {
            int order = x.End.CompareTo(y.End);
            order = order != 0 ? order : string.CompareOrdinal(x.Topic, y.Topic);
            return order != 0 ? order : x.Peer.CompareTo(y.Peer);
        }
    }
}
