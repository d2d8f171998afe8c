namespace PoUW.Network.Transports;

/// <summary>
/// Makes duplex byte streams between nodes. The transport is trusted to keep order and content but not to tell who is at the other
/// end. Members may be called from any thread; nothing is called back.
/// </summary>
public interface ITransport
{
    /// <summary>Starts to listen. The listener's own endpoint tells the port when the transport picked it.</summary>
    /// <exception cref="NetworkException">The endpoint is in use or is not one of this transport.</exception>
    ValueTask<IListener> ListenAsync(NetworkEndpoint endpoint, CancellationToken cancellation);

    /// <summary>Opens a connection to a listener.</summary>
    /// <exception cref="NetworkException">Refused, or the endpoint is not one of this transport.</exception>
    ValueTask<IConnection> DialAsync(NetworkEndpoint endpoint, CancellationToken cancellation);
}
