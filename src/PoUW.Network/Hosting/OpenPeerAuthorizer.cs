using PoUW.Core.Validation;

namespace PoUW.Network.Hosting;

/// <summary>Admits everybody: for open networks.</summary>
public sealed class OpenPeerAuthorizer : IPeerAuthorizer
{
    /// <inheritdoc/>
    public ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation) =>
        ValueTask.FromResult(ValidationResult.Ok);
}
