using PoUW.Core.Chain;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Sdk.Nodes;

namespace PoUW.Sdk.Peers;

/// <summary>What admits the peers of a node.</summary>
internal static class NodeAdmission
{
    /// <summary>The authorizer that the options ask for.</summary>
    internal static IPeerAuthorizer Of(PouwNodeOptions options, BlockChain chain) => options.Admission.Kind switch
    {
        PeerAdmissionKind.Staked => new StakedPeerAuthorizer(chain, options.Bootstrap.Select(static address => address.Peer).OfType<PeerId>()),
        PeerAdmissionKind.List => new AllowListPeerAuthorizer(options.Admission.Peers, options.Admission.Accounts),
        _ => new OpenPeerAuthorizer(),
    };
}
