using PoUW.Network.Identity;
using PoUW.Network.Muxing;

namespace PoUW.Network.Security;

/// <summary>A connection after its upgrade.</summary>
/// <param name="RemotePeer">Who is at the other end, as far as the security protocol proves it.</param>
/// <param name="RemoteKey">Its public key.</param>
/// <param name="Muxer">The streams over it.</param>
public sealed record UpgradedConnection(PeerId RemotePeer, PublicKey RemoteKey, IMuxer Muxer);
