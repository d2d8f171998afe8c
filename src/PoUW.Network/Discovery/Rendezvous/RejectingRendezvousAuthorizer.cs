using PoUW.Network.Identity;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>Lets nobody do anything.</summary>
public sealed class RejectingRendezvousAuthorizer : IRendezvousAuthorizer
{
    /// <inheritdoc/>
    public ValueTask<bool> MayRegisterAsync(PeerId peer, string @namespace, CancellationToken cancellation) => new(false);

    /// <inheritdoc/>
    public ValueTask<bool> MayDiscoverAsync(PeerId peer, string @namespace, CancellationToken cancellation) => new(false);
}
