using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Sdk.Peers;

/// <summary>Admits the peers of a list.</summary>
internal sealed class ListedPeerAuthorizer(IEnumerable<PeerId> peers) : IPeerAuthorizer
{
    private readonly HashSet<PeerId> _peers = [.. peers];

    public ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation) => ValueTask.FromResult(
        _peers.Contains(peer.Id)
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.NotAllowed, nameof(PeerDescription.Id), $"{peer.Id} is not on the list."));
}
