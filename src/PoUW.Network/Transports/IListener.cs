namespace PoUW.Network.Transports;

/// <summary>
/// The accepting end of a transport. One accept may be under way at a time; disposing may happen from any thread, ends that accept,
/// closes connections that nobody accepted, and makes later dials fail.
/// </summary>
public interface IListener : IAsyncDisposable
{
    /// <summary>Where dialers reach this listener.</summary>
    NetworkEndpoint LocalEndpoint { get; }

    /// <summary>The next incoming connection, or null once the listener is disposed.</summary>
    ValueTask<IConnection?> AcceptAsync(CancellationToken cancellation);
}
