using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Hosting;

/// <summary>What is known about a connected peer. A snapshot: a new one is made when something changes.</summary>
/// <param name="Id">The peer, proven by the security handshake.</param>
/// <param name="RemoteAddress">Where its best connection leads.</param>
/// <param name="IsInbound">True if the peer dialed that connection.</param>
/// <param name="Agent">Its software, as it says; for logs only.</param>
/// <param name="Protocols">What it says that it speaks.</param>
/// <param name="Addresses">Where it says that it listens; nothing of it is proven.</param>
public sealed record PeerConnection(
    PeerId Id, Multiaddr RemoteAddress, bool IsInbound, string Agent, IReadOnlyList<string> Protocols, IReadOnlyList<Multiaddr> Addresses)
{
    /// <summary>The envelope with its peer record that it sent, verified; empty if it sent none, or a wrong one.</summary>
    public ReadOnlyMemory<byte> SignedPeerRecord { get; init; }
}
