using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>
/// Parameters of gossip, named as in the libp2p specification where it has a word (gossipsub 1.0, 1.1, 1.2). The defaults are its recommendations.
/// </summary>
public sealed record GossipOptions
{
    /// <summary>D: peers in the mesh of a topic.</summary>
    public int Degree { get; init; } = 6;

    /// <summary>D_low: fewer are filled up to <see cref="Degree"/>.</summary>
    public int DegreeLow { get; init; } = 4;

    /// <summary>D_high: more are cut down to <see cref="Degree"/>.</summary>
    public int DegreeHigh { get; init; } = 12;

    /// <summary>D_score: peers that stay for their score when a mesh is cut down.</summary>
    public int DegreeScore { get; init; } = 4;

    /// <summary>
    /// D_out: peers in the mesh that this node dialed, so that dialing in never takes a mesh over. Below <see cref="DegreeLow"/>, at most half of
    /// <see cref="Degree"/>.
    /// </summary>
    public int DegreeOut { get; init; } = 2;

    /// <summary>D_lazy: peers at least that are told ids of messages in a heartbeat.</summary>
    public int DegreeLazy { get; init; } = 6;

    /// <summary>The share of the peers outside the mesh that is told, if more than <see cref="DegreeLazy"/>.</summary>
    public double GossipFactor { get; init; } = 0.25;

    /// <summary>The time between two heartbeats.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The time to the first heartbeat.</summary>
    public TimeSpan FirstHeartbeat { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long peers are kept for a topic that this node publishes to and is not subscribed to.</summary>
    public TimeSpan FanoutDuration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>mcache_len: heartbeats for which a message can be asked for.</summary>
    public int HistoryHeartbeats { get; init; } = 5;

    /// <summary>mcache_gossip: heartbeats for which a message is told of.</summary>
    public int GossipHeartbeats { get; init; } = 3;

    /// <summary>How long a message id is remembered as seen.</summary>
    public TimeSpan SeenDuration { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>True: own messages go to all peers of the topic that are not below the publish threshold, not only to the mesh.</summary>
    public bool FloodPublish { get; init; } = true;

    /// <summary>How long two peers do not graft again after one has pruned the other.</summary>
    public TimeSpan PruneBackoff { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same after one has left the topic.</summary>
    public TimeSpan UnsubscribeBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What is waited beyond the end of a back-off before grafting, since clocks and heartbeats of two nodes differ.</summary>
    public TimeSpan BackoffSlack { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest back-off that is taken from a peer's PRUNE.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A GRAFT this soon after a prune counts twice as misbehaviour.</summary>
    public TimeSpan GraftFloodThreshold { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a peer has to send what it told of and was asked for.</summary>
    public TimeSpan IWantFollowUp { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Messages of at least this many bytes are announced with IDONTWANT as soon as they arrive.</summary>
    public int IDontWantBytes { get; init; } = 1024;

    /// <summary>Heartbeats for which an IDONTWANT of a peer is honoured.</summary>
    public int IDontWantHeartbeats { get; init; } = 3;

    /// <summary>Heartbeats between two looks at the median score of a mesh.</summary>
    public int OpportunisticGraftHeartbeats { get; init; } = 60;

    /// <summary>Peers that are grafted then, if the median is too low.</summary>
    public int OpportunisticGraftPeers { get; init; } = 2;

    /// <summary>
    /// True: a peer that is pruned since the mesh is too large is told other peers. Off by default: discovery is another protocol's work.
    /// </summary>
    public bool PeerExchange { get; init; }

    /// <summary>Peers that a pruned peer is told.</summary>
    public int ExchangedPeers { get; init; } = 16;

    /// <summary>The signed peer records that pruned peers are told with the ids, empty for a peer that has none; null: ids alone.</summary>
    public Func<PeerId, ReadOnlyMemory<byte>>? PeerRecords { get; init; }

    /// <summary>Peers agreed on out of band: always sent to, always heard, never in a mesh.</summary>
    public IReadOnlyList<PeerId> DirectPeers { get; init; } = [];

    /// <summary>Heartbeats between two looks for direct peers that are not connected.</summary>
    public int DirectConnectHeartbeats { get; init; } = 300;

    /// <summary>True: floodsub peers are served too.</summary>
    public bool AllowFloodsub { get; init; }

    /// <summary>Whether messages carry their author.</summary>
    public GossipSignaturePolicy SignaturePolicy { get; init; } = GossipSignaturePolicy.StrictNoSign;

    /// <summary>
    /// The id of a message; all nodes of a network use the same. Null: by policy, <see cref="GossipMessageIds"/>. What a verdict depends on must
    /// be in the id, or a peer can have a good message dropped by sending a bad one with its id first. Called from any thread; an id that is
    /// empty or too long makes the message invalid.
    /// </summary>
    public Func<GossipMessage, GossipMessageId>? MessageId { get; init; }

    /// <summary>The first wait before a stream with a peer is opened again; doubled with each failure.</summary>
    public TimeSpan ReopenDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest such wait.</summary>
    public TimeSpan MaxReopenDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What is taken from peers at most.</summary>
    public GossipLimits Limits { get; init; } = new();

    /// <summary>How peers are scored.</summary>
    public GossipScoring Scoring { get; init; } = new();

    /// <summary>Checks that every parameter makes sense.</summary>
    public ValidationResult Validate()
    {
        if (!(DegreeLow >= 0 && DegreeLow <= Degree && Degree <= DegreeHigh && DegreeHigh <= 1000 && DegreeScore >= 0 && DegreeScore <= Degree))
        {
            return Fail(nameof(Degree), "0 <= D_low <= D <= D_high <= 1000, D_score <= D.");
        }

        if (DegreeOut < 0 || DegreeOut > Degree / 2 || (DegreeOut > 0 && DegreeOut >= DegreeLow) || DegreeLazy < 0
            || GossipFactor is not (>= 0 and <= 1))
        {
            return Fail(nameof(DegreeOut), "D_out is below D_low and at most D / 2; the gossip factor is 0 to 1.");
        }

        if (GossipHeartbeats < 1 || GossipHeartbeats > HistoryHeartbeats || HistoryHeartbeats > 1000)
        {
            return Fail(nameof(GossipHeartbeats), "1 <= mcache_gossip <= mcache_len <= 1000.");
        }

        TimeSpan[] times = [Heartbeat, FirstHeartbeat, FanoutDuration, SeenDuration, PruneBackoff, UnsubscribeBackoff, MaxBackoff, IWantFollowUp,
            ReopenDelay, MaxReopenDelay];
        int[] counts = [IDontWantBytes, IDontWantHeartbeats, OpportunisticGraftHeartbeats, DirectConnectHeartbeats];
        if (times.Any(static time => time <= TimeSpan.Zero) || counts.Any(static count => count < 1) || BackoffSlack < TimeSpan.Zero
            || GraftFloodThreshold < TimeSpan.Zero || OpportunisticGraftPeers < 0 || ExchangedPeers < 0)
        {
            return Fail(nameof(Heartbeat), "Every time and count is positive.");
        }

        if (!Enum.IsDefined(SignaturePolicy))
        {
            return Fail(nameof(SignaturePolicy), "An unknown policy.");
        }

        ValidationResult limits = Limits.Validate();
        return limits.IsValid ? Scoring.Validate() : limits;
    }

    private static ValidationResult Fail(string field, string message) => ValidationResult.Fail(ValidationCode.OutOfRange, field, message);
}
