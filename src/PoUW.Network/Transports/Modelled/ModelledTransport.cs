using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports.Modelled;

/// <summary>
/// The transport of one host of a <see cref="NetworkModel"/>. Addresses are <c>/memory/name</c>, and <c>/ip4|ip6/…/tcp/port</c> where hosts have
/// an IP address; they lead to a listener only, whatever the name of the host.
/// </summary>
public sealed class ModelledTransport : ITransport
{
    private readonly NetworkModel _model;
    private readonly ModelledHost _host;

    internal ModelledTransport(NetworkModel model, ModelledHost host) => (_model, _host) = (model, host);

    /// <summary>The name of the host.</summary>
    public string Host => _host.Name;

    /// <inheritdoc/>
    public bool CanDial(Multiaddr address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address.MemoryName is not null || (address.IpAddress is not null && address.TryGetTcp(out _, out int port) && port > 0);
    }

    /// <inheritdoc/>
    public ValueTask<IListener> ListenAsync(Multiaddr address, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(address);
        cancellation.ThrowIfCancellationRequested();
        return ValueTask.FromResult<IListener>(_model.Ports.Listen(_host, address.WithoutPeer()));
    }

    /// <inheritdoc/>
    public ValueTask<IConnection> DialAsync(Multiaddr address, CancellationToken cancellation) => CanDial(address)
        ? _model.Ports.DialAsync(_host, address.WithoutPeer(), cancellation)
        : throw new NetworkException(NetworkError.BadEndpoint, $"'{address}' is no address of a modelled network.");
}
