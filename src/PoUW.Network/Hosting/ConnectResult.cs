using PoUW.Network.Identity;

namespace PoUW.Network.Hosting;

/// <summary>The outcome of a dial.</summary>
/// <param name="Reason">None when the peer was admitted on both sides; otherwise why not, from either side.</param>
/// <param name="Peer">The peer, where it proved its id.</param>
public readonly record struct ConnectResult(CloseReason Reason, PeerId? Peer)
{
    /// <summary>True if this dial made the connection. After <see cref="CloseReason.Duplicate"/> there is (or is about to be) another one.</summary>
    public bool IsConnected => Reason == CloseReason.None;
}
