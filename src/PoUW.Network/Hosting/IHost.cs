using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;

namespace PoUW.Network.Hosting;

/// <summary>
/// The connections of a node, as the protocols above see them. Members may be called from any thread. Events are raised one after the other for
/// one peer, must return soon and must not wait for the host.
/// </summary>
public interface IHost
{
    /// <summary>This node.</summary>
    PeerId Id { get; }

    /// <summary>Where this node listens, without the peer part.</summary>
    IReadOnlyList<Multiaddr> ListenAddresses { get; }

    /// <summary>The peers that are connected and admitted, in the order of their ids.</summary>
    IReadOnlyList<PeerConnection> Peers { get; }

    /// <summary>Raised when a peer is connected, admitted and identified, before any stream of it reaches a handler. Once for all connections with it.</summary>
    event Action<PeerConnection>? PeerConnected;

    /// <summary>Raised when the last connection with a peer has ended.</summary>
    event Action<PeerConnection>? PeerDisconnected;

    /// <summary>Raised when a peer has told that its protocols or addresses changed.</summary>
    event Action<PeerConnection>? PeerUpdated;

    /// <summary>
    /// Serves a protocol. The handler owns the stream until its task ends, which resets the stream if it is not closed then; a handler that throws
    /// <see cref="NetworkException"/> has met a peer that went away or broke the protocol, which is logged and resets the stream.
    /// </summary>
    /// <exception cref="InvalidOperationException">The protocol has a handler.</exception>
    void Handle(string protocol, StreamHandler handler, StreamHandlerOptions? options = null);

    /// <summary>Opens a stream on the best connection with a peer and negotiates the first protocol of the list that the peer speaks.</summary>
    /// <exception cref="NetworkException">
    /// No connection, none of the protocols, a limit of this node, or the connection broke.
    /// </exception>
    ValueTask<PeerStream> OpenStreamAsync(PeerId peer, IReadOnlyList<string> protocols, StreamPriority priority, CancellationToken cancellation);

    /// <summary>Counts a fault against a peer. Enough of them end its connections and ban it for a while.</summary>
    /// <param name="peer">The peer that did it.</param>
    /// <param name="detail">What it did, for people.</param>
    void Punish(PeerId peer, string detail);
}
