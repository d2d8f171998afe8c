namespace PoUW.Network.Sessions;

/// <summary>How a handshake ended.</summary>
/// <param name="Reason">None if both sides are ready.</param>
/// <param name="ByPeer">True if the peer ended it.</param>
/// <param name="Peer">The peer, once its message was read.</param>
internal readonly record struct HandshakeOutcome(CloseReason Reason, bool ByPeer, PeerDescription? Peer);
