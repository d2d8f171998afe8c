namespace PoUW.Network.Gossip;

/// <summary>What peers send each other (libp2p specification: pubsub, "The RPC"; gossipsub 1.0 to 1.2, "Protobuf").</summary>
public sealed record GossipRpc
{
    /// <summary>Changes of the sender's subscriptions.</summary>
    public IReadOnlyList<GossipSubscription> Subscriptions { get; init; } = [];

    /// <summary>Messages.</summary>
    public IReadOnlyList<GossipMessage> Messages { get; init; } = [];

    /// <summary>IHAVE: what the sender could send.</summary>
    public IReadOnlyList<GossipIHave> IHave { get; init; } = [];

    /// <summary>IWANT: what the sender asks for; all lists of the RPC as one.</summary>
    public IReadOnlyList<GossipMessageId> IWant { get; init; } = [];

    /// <summary>GRAFT: topics whose mesh the receiver joins at the sender.</summary>
    public IReadOnlyList<string> Graft { get; init; } = [];

    /// <summary>PRUNE: topics whose mesh the receiver leaves at the sender.</summary>
    public IReadOnlyList<GossipPrune> Prune { get; init; } = [];

    /// <summary>IDONTWANT: what the sender has and should not be sent; all lists of the RPC as one.</summary>
    public IReadOnlyList<GossipMessageId> IDontWant { get; init; } = [];

    /// <summary>True if there is nothing in it.</summary>
    public bool IsEmpty => Subscriptions.Count + Messages.Count + IHave.Count + IWant.Count + Graft.Count + Prune.Count + IDontWant.Count == 0;
}
