using PoUW.Core.Randomness;
using PoUW.Network.Guards;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>What the parts of the router share. All collections whose order can show on the wire are sorted. Not thread-safe.</summary>
internal sealed class RouterState
{
    private readonly TimeProvider _time;
    private readonly long _origin;

    public RouterState(PeerId self, GossipOptions options, TimeProvider time, IRandomSource random, MessageBudget budget)
    {
        (Self, Options, Budget, _time, _origin) = (self, options, budget, time, time.GetTimestamp());
        GossipLimits limits = options.Limits;
        Comparer = new MessageIdComparer(random);
        Random = new GossipRandom(random);
        Direct = [.. options.DirectPeers];
        Seen = new SeenMessages(limits.SeenMessages, options.SeenDuration, Comparer);
        Cache = new MessageCache(options.HistoryHeartbeats, options.GossipHeartbeats, limits.CachedMessages, limits.CachedBytes, Comparer);
        Backoffs = new MeshBackoffs(limits.Backoffs, options.BackoffSlack);
        Promises = new MessagePromises(Comparer);
        Scores = new PeerScores(options.Scoring, limits.RetainedScores);
    }

    public PeerId Self { get; }

    public GossipOptions Options { get; }

    /// <summary>What peers may send.</summary>
    public MessageBudget Budget { get; }

    public MessageIdComparer Comparer { get; }

    public GossipRandom Random { get; }

    public SortedDictionary<PeerId, RouterPeer> Peers { get; } = [];

    /// <summary>What this node is subscribed to.</summary>
    public SortedDictionary<string, RouterTopic> Topics { get; } = new(StringComparer.Ordinal);

    /// <summary>Who is subscribed to what, of the connected peers.</summary>
    public Dictionary<string, SortedSet<PeerId>> Subscribers { get; } = [];

    public SortedDictionary<string, RouterFanout> Fanout { get; } = new(StringComparer.Ordinal);

    public SortedSet<PeerId> Direct { get; }

    public SeenMessages Seen { get; }

    public MessageCache Cache { get; }

    public MeshBackoffs Backoffs { get; }

    public MessagePromises Promises { get; }

    public PeerScores Scores { get; }

    public RouterCounters Counters { get; } = new();

    public RouterOutput Output { get; set; } = new();

    /// <summary>The number of heartbeats so far.</summary>
    public long Heartbeat { get; set; }

    /// <summary>Time since the router began.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_origin, _time.GetTimestamp());

    public IReadOnlyCollection<PeerId> SubscribersOf(string topic) => Subscribers.TryGetValue(topic, out SortedSet<PeerId>? peers) ? peers : [];

    /// <summary>Up to so many peers of a topic that speak gossipsub, are not direct and pass the test, in random order.</summary>
    public List<RouterPeer> Choose(string topic, int count, Func<RouterPeer, bool> test)
    {
        List<RouterPeer> chosen = [];
        foreach (PeerId id in SubscribersOf(topic))
        {
            RouterPeer peer = Peers[id];
            if (peer.Version > GossipVersion.Flood && !peer.IsDirect && test(peer))
            {
                chosen.Add(peer);
            }
        }

        Random.Shuffle(chosen);
        if (chosen.Count > count)
        {
            chosen.RemoveRange(Math.Max(0, count), chosen.Count - Math.Max(0, count));
        }

        return chosen;
    }

    /// <summary>Puts a peer into a mesh and tells it.</summary>
    public void Graft(RouterTopic topic, RouterPeer peer)
    {
        AddToMesh(topic, peer.Id);
        Output.To(peer.Id).Graft.Add(topic.Name);
    }

    public void AddToMesh(RouterTopic topic, PeerId peer)
    {
        if (topic.Mesh.Add(peer))
        {
            topic.Joined.Add(peer);
            Scores.Graft(peer, topic.Name, Now);
            Counters.Grafted++;
        }
    }

    public bool RemoveFromMesh(RouterTopic topic, PeerId peer)
    {
        if (!topic.Mesh.Remove(peer))
        {
            return false;
        }

        topic.Joined.Remove(peer);
        Scores.Prune(peer, topic.Name);
        Counters.Pruned++;
        return true;
    }

    /// <summary>Tells a peer that it is not in the mesh of a topic, and begins the back-off on this side.</summary>
    public void SendPrune(string topic, PeerId peer, TimeSpan backoff, bool withPeers)
    {
        Backoffs.Add(topic, peer, Now + backoff);
        if (!Peers.TryGetValue(peer, out RouterPeer? state) || state.Version == GossipVersion.Flood)
        {
            return;
        }

        bool knowsBackoff = state.Version >= GossipVersion.V11;
        ulong seconds = knowsBackoff ? (ulong)Math.Ceiling(backoff.TotalSeconds) : 0;
        IReadOnlyList<GossipExchangedPeer> others = knowsBackoff && withPeers && Options.PeerExchange ? PeersToTell(topic, peer) : [];
        Output.To(peer).Prune.Add(new GossipPrune(topic, seconds, others));
    }

    private List<GossipExchangedPeer> PeersToTell(string topic, PeerId pruned) =>
        Choose(topic, Options.ExchangedPeers, peer => peer.Id != pruned && Scores.Of(peer.Id) >= 0)
            .ConvertAll(peer => new GossipExchangedPeer(peer.Id, Options.PeerRecords?.Invoke(peer.Id) ?? default));
}
