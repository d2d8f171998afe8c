namespace PoUW.Network.Gossip;

/// <summary>What gossip has done since it began.</summary>
public sealed record GossipStatistics
{
    /// <summary>RPCs of peers that were decoded.</summary>
    public long RpcsReceived { get; init; }

    /// <summary>RPCs of peers below the graylist threshold, dropped undecoded.</summary>
    public long RpcsGraylisted { get; init; }

    /// <summary>RPCs that were no RPC, or above a limit.</summary>
    public long RpcsMalformed { get; init; }

    /// <summary>RPCs and messages above a peer's budget, dropped.</summary>
    public long OverBudget { get; init; }

    /// <summary>Messages of peers, copies included.</summary>
    public long MessagesReceived { get; init; }

    /// <summary>Messages that were seen before.</summary>
    public long Duplicates { get; init; }

    /// <summary>Messages on topics without a subscription here.</summary>
    public long Unsubscribed { get; init; }

    /// <summary>Messages that no handler saw, since they broke a rule of the topic or the signature policy.</summary>
    public long InvalidEnvelopes { get; init; }

    /// <summary>Messages that handlers were given.</summary>
    public long Delivered { get; init; }

    /// <summary>Messages that a handler accepted.</summary>
    public long Accepted { get; init; }

    /// <summary>Messages that a handler rejected.</summary>
    public long Rejected { get; init; }

    /// <summary>Messages that a handler ignored.</summary>
    public long Ignored { get; init; }

    /// <summary>Messages that were dropped since their handler is slow.</summary>
    public long DroppedInbound { get; init; }

    /// <summary>Messages and IHAVE that were dropped since a peer is slow.</summary>
    public long DroppedOutbound { get; init; }

    /// <summary>Messages published here.</summary>
    public long Published { get; init; }

    /// <summary>Copies queued for peers, those of own messages included.</summary>
    public long Sent { get; init; }

    /// <summary>Copies not sent since the peer said that it has the message.</summary>
    public long Suppressed { get; init; }

    /// <summary>Ids asked for with IWANT.</summary>
    public long Wanted { get; init; }

    /// <summary>Copies sent on IWANT.</summary>
    public long Answered { get; init; }

    /// <summary>Peers grafted, by either side.</summary>
    public long Grafted { get; init; }

    /// <summary>Peers pruned, by either side.</summary>
    public long Pruned { get; init; }

    /// <summary>Promises of peers that were not kept.</summary>
    public long BrokenPromises { get; init; }
}
