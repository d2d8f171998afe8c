using PoUW.Network.Identity;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>Lets everybody register and discover: for tests and networks without stakes.</summary>
public sealed class OpenRendezvousAuthorizer : IRendezvousAuthorizer
{
    /// <inheritdoc/>
    public ValueTask<bool> MayRegisterAsync(PeerId peer, string @namespace, CancellationToken cancellation) => new(true);

    /// <inheritdoc/>
    public ValueTask<bool> MayDiscoverAsync(PeerId peer, string @namespace, CancellationToken cancellation) => new(true);
}
