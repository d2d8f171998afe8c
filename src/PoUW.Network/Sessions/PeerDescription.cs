using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Sessions;

/// <summary>What a handshake told about a peer.</summary>
/// <param name="Id">The name that the peer gave.</param>
/// <param name="RemoteAddress">Where the connection leads.</param>
/// <param name="Agent">The peer's software, at most 64 printable ASCII characters; for logs only.</param>
/// <param name="IsInbound">True if the peer dialed.</param>
public sealed record PeerDescription(PeerId Id, Multiaddr RemoteAddress, string Agent, bool IsInbound);
