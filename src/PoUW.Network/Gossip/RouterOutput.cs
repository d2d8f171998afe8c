using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>What follows from the inputs of the router since it was last asked: in an order that depends on nothing but them and the seed.</summary>
internal sealed class RouterOutput
{
    public SortedDictionary<PeerId, RpcBuilder> Rpcs { get; } = [];

    public List<PendingMessage> Pending { get; } = [];

    public List<GossipPeerSuggestion> Suggestions { get; } = [];

    /// <summary>Peers that did what no honest peer does.</summary>
    public List<(PeerId Peer, string Detail)> Faults { get; } = [];

    /// <summary>Nobody is told not to send a message: it was not taken.</summary>
    public void TakeBack(GossipMessageId id)
    {
        foreach (RpcBuilder rpc in Rpcs.Values)
        {
            rpc.IDontWant.RemoveAll(unwanted => unwanted == id);
        }
    }

    public RpcBuilder To(PeerId peer)
    {
        if (!Rpcs.TryGetValue(peer, out RpcBuilder? rpc))
        {
            Rpcs.Add(peer, rpc = new RpcBuilder());
        }

        return rpc;
    }
}
