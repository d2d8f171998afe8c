using PoUW.Network.Sessions;

namespace PoUW.Network.Messaging;

/// <summary>The outcome of a dial.</summary>
/// <param name="Reason">None when the session began; otherwise why not, from either side.</param>
/// <param name="Peer">The other node, where it told its name.</param>
public readonly record struct ConnectResult(CloseReason Reason, PeerId? Peer)
{
    /// <summary>True if this dial made a session. After <see cref="CloseReason.Duplicate"/> there is (or is about to be) another one.</summary>
    public bool IsConnected => Reason == CloseReason.None;
}
