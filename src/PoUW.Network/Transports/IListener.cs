using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Transports;

/// <summary>
/// The accepting end of a transport. One accept may be under way at a time; disposing may happen from any thread, ends that accept,
/// closes connections that nobody accepted, and makes later dials fail.
/// </summary>
public interface IListener : IAsyncDisposable
{
    /// <summary>Where dialers reach this listener, with the port that the system picked; without a peer.</summary>
    Multiaddr LocalAddress { get; }

    /// <summary>
    /// The next incoming connection, or null once the listener is disposed. What a dialer does, and a want of descriptors or memory that may
    /// pass, never ends a listener: it waits and goes on.
    /// </summary>
    /// <exception cref="NetworkException">The listener itself is broken and accepts nothing any more.</exception>
    ValueTask<IConnection?> AcceptAsync(CancellationToken cancellation);
}
