namespace PoUW.Network.Gossip;

/// <summary>The counters behind <see cref="GossipStatistics"/>. Not thread-safe.</summary>
internal sealed class RouterCounters
{
    public long RpcsReceived;
    public long RpcsGraylisted;
    public long RpcsMalformed;
    public long OverBudget;
    public long MessagesReceived;
    public long Duplicates;
    public long Unsubscribed;
    public long InvalidEnvelopes;
    public long Delivered;
    public long Accepted;
    public long Rejected;
    public long Ignored;
    public long DroppedInbound;
    public long DroppedOutbound;
    public long Published;
    public long Sent;
    public long Suppressed;
    public long Wanted;
    public long Answered;
    public long Grafted;
    public long Pruned;
    public long BrokenPromises;

    public GossipStatistics Read() => new()
    {
        RpcsReceived = RpcsReceived,
        RpcsGraylisted = RpcsGraylisted,
        RpcsMalformed = RpcsMalformed,
        OverBudget = OverBudget,
        MessagesReceived = MessagesReceived,
        Duplicates = Duplicates,
        Unsubscribed = Unsubscribed,
        InvalidEnvelopes = InvalidEnvelopes,
        Delivered = Delivered,
        Accepted = Accepted,
        Rejected = Rejected,
        Ignored = Ignored,
        DroppedInbound = DroppedInbound,
        DroppedOutbound = DroppedOutbound,
        Published = Published,
        Sent = Sent,
        Suppressed = Suppressed,
        Wanted = Wanted,
        Answered = Answered,
        Grafted = Grafted,
        Pruned = Pruned,
        BrokenPromises = BrokenPromises,
    };
}
