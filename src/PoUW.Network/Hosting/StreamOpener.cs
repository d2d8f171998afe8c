using PoUW.Network.Guards;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Streams;
using PoUW.Network.Telemetry;

namespace PoUW.Network.Hosting;

/// <summary>Opens streams of a connection and agrees on their protocol.</summary>
internal static class StreamOpener
{
    /// <exception cref="NetworkException">None of the protocols, a limit, or the connection broke.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<PeerStream> OpenAsync(
        HostConnection connection, IReadOnlyList<string> protocols, StreamPriority priority, HostOptions options, CancellationToken cancellation)
    {
        if (!connection.Scope.TryOpenStream(false, out StreamScope? scope).IsValid)
        {
            throw new NetworkException(NetworkError.LimitReached, $"Too many streams with {connection.Peer.ToShortString()} are open.");
        }

        IMuxedStream? stream = null;
        bool isOpen = false;
        try
        {
            stream = await connection.Muxer.OpenStreamAsync(cancellation);
            stream.Priority = priority;
            BufferedDuplexStream bytes = new(stream);
            string protocol = await MultistreamSelect.DialAsync(bytes, protocols, options.Negotiation, cancellation)
                ?? throw new NetworkException(
                    NetworkError.ProtocolNotSupported, $"{connection.Peer.ToShortString()} speaks none of: {string.Join(", ", protocols)}.");
            isOpen = scope!.TryBindProtocol(protocol).IsValid
                ? true
                : throw new NetworkException(NetworkError.LimitReached, $"Too many streams of {protocol} are open.");
            NetworkMetrics.StreamsOpened.Add(
                1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, options.Node), NetworkMetrics.Tag("protocol", protocol));
            return new PeerStream(connection.Peer, protocol, stream, bytes)
            {
                Scope = scope,
                Node = options.Node,
                Ending = connection.Broken.UnsafeRegister(static state => ((StreamScope)state!).Dispose(), scope),
            };
        }
        finally
        {
            if (!isOpen)
            {
                stream?.Reset();
                scope!.Dispose();
            }
        }
    }
}
