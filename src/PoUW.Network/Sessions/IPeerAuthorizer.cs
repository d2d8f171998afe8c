using PoUW.Core.Validation;

namespace PoUW.Network.Sessions;

/// <summary>
/// Decides whether a peer may hold a session. Asked at every handshake, from any thread and concurrently, after version and network
/// matched. A lying peer may claim any name, so an authorizer that trusts names needs a session layer that proves them. It must not
/// call back into the node.
/// </summary>
public interface IPeerAuthorizer
{
    /// <summary>Ok to admit the peer; any other result refuses it with <see cref="CloseReason.Unauthorized"/>.</summary>
    ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation);
}
