using PoUW.Core.Validation;

namespace PoUW.Network.Hosting;

/// <summary>
/// Decides whether a peer is admitted. Asked at every handshake, from any thread and concurrently, after the network matched; the peer's id
/// and account are proven then. It must not call back into the node.
/// </summary>
public interface IPeerAuthorizer
{
    /// <summary>Ok to admit the peer; any other result refuses it with <see cref="CloseReason.Unauthorized"/>.</summary>
    ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation);
}
