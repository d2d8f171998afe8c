using PoUW.Network.Gossip;

namespace PoUW.Network.Tests.Gossip.Support;

/// <summary>What a router has to say to a peer as one RPC; a node sends its parts apart.</summary>
internal static class WholeRpc
{
    public static GossipRpc ToRpc(this RpcBuilder rpc) =>
        rpc.ToControl() with { IHave = rpc.IHave, Messages = rpc.Messages.ConvertAll(static item => item.Message) };
}
