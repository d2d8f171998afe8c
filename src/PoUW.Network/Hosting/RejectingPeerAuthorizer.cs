using PoUW.Core.Validation;

namespace PoUW.Network.Hosting;

/// <summary>Admits nobody: the safe default where a host has not decided.</summary>
public sealed class RejectingPeerAuthorizer : IPeerAuthorizer
{
    /// <inheritdoc/>
    public ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return ValueTask.FromResult(ValidationResult.Fail(ValidationCode.NotAllowed, nameof(PeerDescription.Id), "No peer is admitted."));
    }
}
