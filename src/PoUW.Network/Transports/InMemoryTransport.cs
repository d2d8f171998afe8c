namespace PoUW.Network.Transports;

/// <summary>Connects nodes of one process through a hub. For samples, tests and the simulator; endpoints are non-empty names.</summary>
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
    public ValueTask<IListener> ListenAsync(NetworkEndpoint endpoint, CancellationToken cancellation)
    {
        Check(endpoint, cancellation);
        return ValueTask.FromResult(_network.Listen(endpoint));
    }

    /// <inheritdoc/>
    public ValueTask<IConnection> DialAsync(NetworkEndpoint endpoint, CancellationToken cancellation)
    {
        Check(endpoint, cancellation);
        return ValueTask.FromResult(_network.Dial(endpoint));
    }

    private static void Check(NetworkEndpoint endpoint, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (string.IsNullOrEmpty(endpoint.Text))
        {
            throw new NetworkException(NetworkError.BadEndpoint, "An in-memory endpoint is a non-empty name.");
        }
    }
}
