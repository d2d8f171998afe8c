using PoUW.Network.Discovery.Rendezvous;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;

namespace PoUW.Sdk.Peers;

/// <summary>
/// Lets those register and ask whom the node would admit now: who lost the stake since it was admitted stays connected, but is told of nobody and nobody
/// is told of it. Thread-safe.
/// </summary>
/// <param name="authorizer">What admits the node's peers.</param>
/// <param name="peers">The connected peers.</param>
internal sealed class AdmittedRendezvous(IPeerAuthorizer authorizer, Func<IReadOnlyList<PeerDescription>> peers) : IRendezvousAuthorizer
{
    public ValueTask<bool> MayRegisterAsync(PeerId peer, string @namespace, CancellationToken cancellation) => IsAdmittedAsync(peer, cancellation);

    public ValueTask<bool> MayDiscoverAsync(PeerId peer, string @namespace, CancellationToken cancellation) => IsAdmittedAsync(peer, cancellation);

    private async ValueTask<bool> IsAdmittedAsync(PeerId peer, CancellationToken cancellation) =>
        peers().FirstOrDefault(known => known.Id == peer) is { } description
        && (await authorizer.AuthorizeAsync(description, cancellation)).IsValid;
}
