using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>Connects nodes of one process through a hub. For samples, tests and the simulator; addresses are <c>/memory/name</c>.</summary>
public sealed class InMemoryTransport : ITransport
{
    private readonly InMemoryNetwork _network;

    /// <summary>Joins a hub.</summary>
    public InMemoryTransport(InMemoryNetwork network)
    {
        ArgumentNullException.ThrowIfNull(network);
        _network = network;
    }

    /// <inheritdoc/>
    public bool CanDial(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.MemoryName is not null;
    }

    /// <inheritdoc/>
    public ValueTask<IListener> ListenAsync(Multiaddr address, CancellationToken cancellation) =>
        ValueTask.FromResult(_network.Listen(Check(address, cancellation)));

    /// <inheritdoc/>
    public ValueTask<IConnection> DialAsync(Multiaddr address, CancellationToken cancellation) =>
        ValueTask.FromResult(_network.Dial(Check(address, cancellation)));

    private static Multiaddr Check(Multiaddr address, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        cancellation.ThrowIfCancellationRequested();
        return address.MemoryName is not null
            ? address.WithoutPeer()
            : throw new NetworkException(NetworkError.BadEndpoint, $"'{address}' is no address in memory, /memory/name.");
    }
}
