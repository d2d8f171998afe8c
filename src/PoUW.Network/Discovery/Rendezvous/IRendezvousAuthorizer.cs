using PoUW.Network.Identity;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>
/// Decides who may use a rendezvous point. Asked for each request, from any thread and concurrently; the peer's id is proven. It must not call
/// back into the host, and must be fast: a request waits for it.
/// </summary>
public interface IRendezvousAuthorizer
{
    /// <summary>True if the peer may register in the namespace, for instance because it has a stake.</summary>
    ValueTask<bool> MayRegisterAsync(PeerId peer, string @namespace, CancellationToken cancellation);

    /// <summary>True if the peer may see who is registered in the namespace.</summary>
    ValueTask<bool> MayDiscoverAsync(PeerId peer, string @namespace, CancellationToken cancellation);
}
