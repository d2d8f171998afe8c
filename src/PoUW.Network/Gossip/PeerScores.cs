using System.Net;
using System.Net.Sockets;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// This node's opinion of peers (specification, gossipsub 1.1, "Peer Scoring"), connected or gone for a while. The scores of peers that are gone
/// stand still, so that nobody waits a penalty out elsewhere. Not thread-safe.
/// </summary>
internal sealed class PeerScores(GossipScoring scoring, int maxRetained)
{
    private readonly SortedDictionary<PeerId, PeerRecord> _records = [];
    private readonly Dictionary<string, GossipTopicScore> _topics = [];
    private readonly Dictionary<IPAddress, int> _addresses = [];
    private TimeSpan _lastDecay;
    private int _gone;

    public int Retained => _gone;

    /// <summary>Counts what happens on a topic from now on.</summary>
    public void SetTopic(string topic, GossipTopicScore parameters) => _topics[topic] = parameters;

    public void Add(PeerId peer, IPAddress? address)
    {
        if (_records.TryGetValue(peer, out PeerRecord? record))
        {
            _gone -= record.IsConnected ? 0 : 1;
            CountAddress(record, -1);
        }
        else
        {
            _records.Add(peer, record = new PeerRecord());
        }

        record.IsConnected = true;
        record.Address = GroupOf(address);
        record.Application = ApplicationScoreOf(peer);
        CountAddress(record, +1);
    }

    public void Remove(PeerId peer, TimeSpan now)
    {
        if (!_records.TryGetValue(peer, out PeerRecord? record) || !record.IsConnected)
        {
            return;
        }

        foreach (string topic in record.Topics.Keys.ToArray())
        {
            Prune(peer, topic);
        }

        CountAddress(record, -1);
        record.Address = null;
        record.IsConnected = false;
        record.Expires = now + scoring.Retention;
        _gone++;
        if (_gone > maxRetained)
        {
            ForgetBest();
        }
    }

    public void Graft(PeerId peer, string topic, TimeSpan now)
    {
        if (StatsOf(peer, topic) is { } stats)
        {
            (stats.InMesh, stats.GraftedAt, stats.MeshTime) = (true, now, TimeSpan.Zero);
        }
    }

    public void Prune(PeerId peer, string topic)
    {
        if (StatsOf(peer, topic) is { InMesh: true } stats)
        {
            double deficit = stats.Deficit(_topics[topic]);
            stats.Failures += deficit * deficit;
            stats.InMesh = false;
        }
    }

    /// <summary>A message that the peer brought first was found valid.</summary>
    public void FirstDelivery(PeerId peer, string topic)
    {
        if (StatsOf(peer, topic) is { } stats)
        {
            stats.First = Math.Min(stats.First + 1, _topics[topic].FirstDeliveryCap);
        }

        MeshDelivery(peer, topic);
    }

    /// <summary>The peer brought a valid message first or nearly so; counts for a mesh peer only.</summary>
    public void MeshDelivery(PeerId peer, string topic)
    {
        if (StatsOf(peer, topic) is { InMesh: true } stats)
        {
            stats.Mesh = Math.Min(stats.Mesh + 1, _topics[topic].MeshDeliveryCap);
        }
    }

    public TimeSpan DeliveryWindowOf(string topic) =>
        _topics.TryGetValue(topic, out GossipTopicScore? parameters) ? parameters.MeshDeliveryWindow : TimeSpan.Zero;

    public void Invalid(PeerId peer, string topic)
    {
        if (StatsOf(peer, topic) is { } stats)
        {
            stats.Invalid++;
        }
    }

    public void Misbehaved(PeerId peer, int count)
    {
        if (_records.TryGetValue(peer, out PeerRecord? record))
        {
            record.Behaviour += count;
        }
    }

    /// <summary>The counter behind P7.</summary>
    public double MisbehaviourOf(PeerId peer) => _records.TryGetValue(peer, out PeerRecord? record) ? record.Behaviour : 0;

    /// <summary>Asks for the application's scores and lets the counters decay by the intervals that have passed.</summary>
    public void Refresh(TimeSpan now)
    {
        long intervals = Math.Min((now - _lastDecay).Ticks / scoring.DecayInterval.Ticks, MaxDecays);
        _lastDecay = intervals == MaxDecays ? now : _lastDecay + (intervals * scoring.DecayInterval);
        foreach ((PeerId peer, PeerRecord record) in _records.ToArray())
        {
            if (!record.IsConnected)
            {
                if (record.Expires <= now)
                {
                    _records.Remove(peer);
                    _gone--;
                }

                continue;
            }

            record.Application = ApplicationScoreOf(peer);
            for (long i = 0; i < intervals; i++)
            {
                record.Behaviour = Decayed(record.Behaviour, scoring.BehaviourDecay);
            }

            foreach ((string topic, TopicStats stats) in record.Topics)
            {
                Decay(stats, _topics[topic], intervals, now);
            }
        }
    }

    public double Of(PeerId peer) => _records.TryGetValue(peer, out PeerRecord? record) ? PartsOf(record).Total : 0;

    public GossipPeerScore PartsOf(PeerId peer) =>
        _records.TryGetValue(peer, out PeerRecord? record) ? PartsOf(record) : new GossipPeerScore(0, 0, 0, 0, 0, 0, 0, 0, 0);

    // After so many intervals every counter with a decay worth the name is zero.
    private const int MaxDecays = 3600;

    private GossipPeerScore PartsOf(PeerRecord record)
    {
        double meshTime = 0, first = 0, mesh = 0, failures = 0, invalid = 0;
        foreach ((string topic, TopicStats stats) in record.Topics)
        {
            GossipTopicScore parameters = _topics[topic];
            double deficit = stats.Deficit(parameters);
            double quanta = stats.InMesh ? Math.Min(Math.Floor(stats.MeshTime / parameters.MeshTimeQuantum), parameters.MeshTimeCap) : 0;
            meshTime += parameters.Weight * parameters.MeshTimeWeight * quanta;
            first += parameters.Weight * parameters.FirstDeliveryWeight * stats.First;
            mesh += parameters.Weight * parameters.MeshDeliveryWeight * deficit * deficit;
            failures += parameters.Weight * parameters.MeshFailureWeight * stats.Failures;
            invalid += parameters.Weight * parameters.InvalidWeight * stats.Invalid * stats.Invalid;
        }

        double application = Math.Min(scoring.ApplicationWeight * record.Application, scoring.ApplicationCap);
        double surplus = record.Address is { } address ? Math.Max(0, _addresses[address] - scoring.ColocationThreshold) : 0;
        double excess = Math.Max(0, record.Behaviour - scoring.BehaviourThreshold);
        double colocation = scoring.ColocationWeight * surplus * surplus;
        double behaviour = scoring.BehaviourWeight * excess * excess;
        double topics = Math.Min(meshTime + first + mesh + failures + invalid, scoring.TopicCap);
        return new GossipPeerScore(
            topics + application + colocation + behaviour, meshTime, first, mesh, failures, invalid, application, colocation, behaviour);
    }

    private void Decay(TopicStats stats, GossipTopicScore parameters, long intervals, TimeSpan now)
    {
        for (long i = 0; i < intervals; i++)
        {
            stats.First = Decayed(stats.First, parameters.FirstDeliveryDecay);
            stats.Mesh = Decayed(stats.Mesh, parameters.MeshDeliveryDecay);
            stats.Failures = Decayed(stats.Failures, parameters.MeshFailureDecay);
            stats.Invalid = Decayed(stats.Invalid, parameters.InvalidDecay);
        }

        stats.MeshTime = stats.InMesh ? now - stats.GraftedAt : TimeSpan.Zero;
    }

    private double Decayed(double value, double factor) => value * factor < scoring.DecayToZero ? 0 : value * factor;

    private double ApplicationScoreOf(PeerId peer) =>
        scoring.ApplicationScore?.Invoke(peer) is { } score && double.IsFinite(score) ? score : 0;

    private TopicStats? StatsOf(PeerId peer, string topic)
    {
        if (!_topics.ContainsKey(topic) || !_records.TryGetValue(peer, out PeerRecord? record))
        {
            return null;
        }

        if (!record.Topics.TryGetValue(topic, out TopicStats? stats))
        {
            record.Topics.Add(topic, stats = new TopicStats());
        }

        return stats;
    }

    private void CountAddress(PeerRecord record, int change)
    {
        if (record.Address is not { } address)
        {
            return;
        }

        int count = _addresses.GetValueOrDefault(address) + change;
        if (count > 0)
        {
            _addresses[address] = count;
        }
        else
        {
            _addresses.Remove(address);
        }
    }

    private IPAddress? GroupOf(IPAddress? address)
    {
        if (address is null)
        {
            return null;
        }

        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        if (scoring.ColocationExempt.Any(network => network.Contains(plain)))
        {
            return null;
        }

        if (plain.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return plain;
        }

        // Whoever has one IPv6 address has 2^64 of them.
        byte[] bytes = plain.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private void ForgetBest()
    {
        PeerId best = default;
        (double Score, TimeSpan Expires) rank = default;
        foreach ((PeerId peer, PeerRecord record) in _records)
        {
            // Good scores go first, then old ones: who behaved badly cannot have that forgotten by coming with many names.
            (double Score, TimeSpan Expires) candidate = (Math.Min(0, PartsOf(record).Total), TimeSpan.Zero - record.Expires);
            if (!record.IsConnected && (best.IsNone || candidate.CompareTo(rank) > 0))
            {
                (best, rank) = (peer, candidate);
            }
        }

        _records.Remove(best);
        _gone--;
    }

    private sealed class PeerRecord
    {
        public SortedList<string, TopicStats> Topics { get; } = new(StringComparer.Ordinal);

        public double Behaviour { get; set; }

        public double Application { get; set; }

        public IPAddress? Address { get; set; }

        public bool IsConnected { get; set; }

        public TimeSpan Expires { get; set; }
    }

    private sealed class TopicStats
    {
        public bool InMesh { get; set; }

        public TimeSpan GraftedAt { get; set; }

        public TimeSpan MeshTime { get; set; }

        public double First { get; set; }

        public double Mesh { get; set; }

        public double Failures { get; set; }

        public double Invalid { get; set; }

        public double Deficit(GossipTopicScore parameters) =>
            InMesh && MeshTime > parameters.MeshDeliveryActivation && Mesh < parameters.MeshDeliveryThreshold
                ? parameters.MeshDeliveryThreshold - Mesh
                : 0;
    }
}
