using PoUW.Core.Validation;

namespace PoUW.Network.Gossip;

/// <summary>
/// What is taken from peers at most: sizes in bytes, counts. Checked before anything is allocated. Rates are those of
/// <see cref="Guards.MessageBudgetOptions"/>.
/// </summary>
public sealed record GossipLimits
{
    /// <summary>The longest RPC that is read or sent.</summary>
    public int MaxRpcBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>The longest name of a topic, in bytes of UTF-8.</summary>
    public int MaxTopicBytes { get; init; } = 128;

    /// <summary>Topics that a peer may be subscribed to; further subscriptions of it are ignored.</summary>
    public int MaxTopicsPerPeer { get; init; } = 64;

    /// <summary>Subscriptions in one RPC.</summary>
    public int MaxSubscriptionsPerRpc { get; init; } = 256;

    /// <summary>Messages in one RPC.</summary>
    public int MaxMessagesPerRpc { get; init; } = 2048;

    /// <summary>Control messages of each kind in one RPC: topics in GRAFT, PRUNE and IHAVE, lists in IWANT and IDONTWANT.</summary>
    public int MaxControlPerRpc { get; init; } = 256;

    /// <summary>Message ids in one RPC, those of IHAVE, IWANT and IDONTWANT together.</summary>
    public int MaxIdsPerRpc { get; init; } = 20_000;

    /// <summary>The longest message id.</summary>
    public int MaxIdBytes { get; init; } = 64;

    /// <summary>Peers in one PRUNE.</summary>
    public int MaxExchangedPeers { get; init; } = 32;

    /// <summary>The longest signed peer record in a PRUNE.</summary>
    public int MaxPeerRecordBytes { get; init; } = 8 * 1024;

    /// <summary>RPCs of one peer that carry IHAVE and are looked at in one heartbeat.</summary>
    public int MaxIHaveRpcs { get; init; } = 10;

    /// <summary>Ids that are asked from one peer in one heartbeat, and the most ids in an IHAVE that is sent.</summary>
    public int MaxIHaveIds { get; init; } = 5000;

    /// <summary>Ids in IWANT of one peer that are looked at in one heartbeat.</summary>
    public int MaxIWantIds { get; init; } = 5000;

    /// <summary>Ids in IDONTWANT of one peer that are taken in one heartbeat.</summary>
    public int MaxIDontWantIds { get; init; } = 1000;

    /// <summary>How often one message is sent to one peer on its IWANT.</summary>
    public int MaxRetransmissions { get; init; } = 3;

    /// <summary>Message ids that the node remembers as seen.</summary>
    public int SeenMessages { get; init; } = 65_536;

    /// <summary>Messages kept for IWANT of peers.</summary>
    public int CachedMessages { get; init; } = 32_768;

    /// <summary>Bytes of messages kept for IWANT of peers.</summary>
    public long CachedBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Back-off times that are remembered, over all topics; the one that ends first is forgotten first.</summary>
    public int Backoffs { get; init; } = 16_384;

    /// <summary>Scores of peers that are gone and are remembered; the best ones are forgotten first.</summary>
    public int RetainedScores { get; init; } = 4096;

    /// <summary>Messages of one peer on one topic that wait for the handler; further ones are dropped.</summary>
    public int InboxMessages { get; init; } = 1024;

    /// <summary>Bytes of messages of one peer on one topic that wait for the handler; a single message is always taken.</summary>
    public int InboxBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Bytes of messages of all peers that wait for handlers. The topics of this node share them equally; none gets the room of another.</summary>
    public long TotalInboxBytes { get; init; } = 128 * 1024 * 1024;

    /// <summary>Control messages that wait for one peer; more end the stream with it, which is opened again later.</summary>
    public int QueuedControl { get; init; } = 4096;

    /// <summary>Bytes of IHAVE that wait for one peer; the oldest are dropped.</summary>
    public int QueuedGossipBytes { get; init; } = 1024 * 1024;

    /// <summary>Messages that wait for one peer; the oldest are dropped.</summary>
    public int QueuedMessages { get; init; } = 4096;

    /// <summary>Bytes of messages that wait for one peer; the oldest are dropped.</summary>
    public int QueuedMessageBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Messages up to this size go before longer ones.</summary>
    public int SmallMessageBytes { get; init; } = 4096;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        long[] counts = [MaxTopicBytes, MaxTopicsPerPeer, MaxSubscriptionsPerRpc, MaxMessagesPerRpc, MaxControlPerRpc, MaxIdsPerRpc, MaxIdBytes,
            MaxExchangedPeers, MaxPeerRecordBytes, MaxIHaveRpcs, MaxIHaveIds, MaxIWantIds, MaxIDontWantIds, MaxRetransmissions,
            SeenMessages, CachedMessages, CachedBytes, Backoffs, RetainedScores, InboxMessages, InboxBytes,
            TotalInboxBytes, QueuedControl, QueuedGossipBytes, QueuedMessages, QueuedMessageBytes, SmallMessageBytes];
        if (counts.Any(static count => count < 1))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(GossipLimits), "Every limit is positive.");
        }

        return MaxRpcBytes is < 4096 or > 64 * 1024 * 1024
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(MaxRpcBytes), "An RPC has 4 KiB to 64 MiB.")
            : ValidationResult.Ok;
    }
}
