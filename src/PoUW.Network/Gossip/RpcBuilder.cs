namespace PoUW.Network.Gossip;

/// <summary>What the router has to say to one peer, gathered over one input.</summary>
internal sealed class RpcBuilder
{
    public List<GossipSubscription> Subscriptions { get; } = [];

    public List<(GossipMessageId Id, GossipMessage Message)> Messages { get; } = [];

    public List<GossipIHave> IHave { get; } = [];

    public List<GossipMessageId> IWant { get; } = [];

    public List<string> Graft { get; } = [];

    public List<GossipPrune> Prune { get; } = [];

    public List<GossipMessageId> IDontWant { get; } = [];

    /// <summary>What must arrive: all but messages and IHAVE.</summary>
    public GossipRpc ToControl() => new() { Subscriptions = Subscriptions, IWant = IWant, Graft = Graft, Prune = Prune, IDontWant = IDontWant };
}
