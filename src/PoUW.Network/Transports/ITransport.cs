using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>
/// Makes duplex byte streams between nodes. The transport is trusted to keep order and content but not to tell who is at the other
/// end. A peer at the end of an address is ignored here: the layers above check it. Members may be called from any thread; nothing is called
/// back.
/// </summary>
public interface ITransport
{
    /// <summary>True if addresses of this form are this transport's to dial.</summary>
    bool CanDial(Multiaddr address);

    /// <summary>Starts to listen. The listener's own address tells the port when the transport picked it.</summary>
    /// <exception cref="NetworkException">The address is in use or is not one of this transport.</exception>
    ValueTask<IListener> ListenAsync(Multiaddr address, CancellationToken cancellation);

    /// <summary>Opens a connection to a listener. The caller's token is the only deadline.</summary>
    /// <exception cref="NetworkException">Refused, or the address is not one of this transport.</exception>
    ValueTask<IConnection> DialAsync(Multiaddr address, CancellationToken cancellation);
}
