using PoUW.Network.Identity;
using PoUW.Network.Streams;

namespace PoUW.Network.Security;

/// <summary>The outcome of a security handshake.</summary>
/// <param name="Stream">The secured bytes.</param>
/// <param name="RemotePeer">Who is at the other end.</param>
/// <param name="RemoteKey">Its public key.</param>
/// <param name="EarlyMuxer">The muxer that both sides agreed on in the handshake, or null: it is negotiated on the secured stream then.</param>
public sealed record SecureChannel(IDuplexStream Stream, PeerId RemotePeer, PublicKey RemoteKey, string? EarlyMuxer);
