using PoUW.Core.Primitives;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Hosting;

/// <summary>What the handshake told about a peer that wants to be admitted, or was.</summary>
/// <param name="Id">The peer, proven by the security handshake.</param>
/// <param name="RemoteAddress">Where the connection leads, as this side sees it.</param>
/// <param name="Agent">The peer's software, at most 64 printable ASCII characters; for logs only.</param>
/// <param name="IsInbound">True if the peer dialed.</param>
/// <param name="Account">The staking account that the peer proved to speak for, or null.</param>
public sealed record PeerDescription(PeerId Id, Multiaddr RemoteAddress, string Agent, bool IsInbound, Address? Account = null);
