using PoUW.Network.Hosting;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Discovery;

/// <summary>
/// Connects to whoever listens at an address, as <c>Host.DialWhenDueAsync</c> does: a peer at the end of the address is the only one accepted, and a
/// dial that fails is a result. A dial that this node's limits do not allow now throws <see cref="NetworkException"/>.
/// </summary>
public delegate ValueTask<ConnectResult> PeerDialer(Multiaddr address, CancellationToken cancellation);
