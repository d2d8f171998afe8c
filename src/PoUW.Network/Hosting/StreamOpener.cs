using PoUW.Network.Guards;
using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Streams;
using PoUW.Network.Telemetry;

namespace PoUW.Network.Hosting;

/// <summary>Opens streams of a connection and agrees on their protocol.</summary>
internal static class StreamOpener
{
    /// <param name="connection">The connection.</param>
    /// <param name="protocols">The protocols, best first.</param>
    /// <param name="priority">How writes are scheduled.</param>
    /// <param name="options">The limits.</param>
    /// <param name="first">What is sent first, short or empty. It goes along with the proposal of the one protocol if the peer has said to speak that.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="NetworkException">None of the protocols, a limit, or the connection broke.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<PeerStream> OpenAsync(
        HostConnection connection, IReadOnlyList<string> protocols, StreamPriority priority, HostOptions options, ReadOnlyMemory<byte> first,
        CancellationToken cancellation)
    {
        if (!connection.Scope.TryOpenStream(false, out StreamScope? scope).IsValid)
        {
            throw new NetworkException(NetworkError.LimitReached, $"Too many streams with {connection.Peer.ToShortString()} are open.");
        }

        IMuxedStream? stream = null;
        PeerStream? opened = null;
        bool isOpen = false;
        try
        {
            stream = await connection.Muxer.OpenStreamAsync(cancellation);
            stream.Priority = priority;
            BufferedDuplexStream bytes = new(stream);
            bool isAtOnce = !first.IsEmpty && protocols.Count == 1 && connection.Identity.Protocols.Contains(protocols[0]);
            string? agreed = !isAtOnce
                ? await MultistreamSelect.DialAsync(bytes, protocols, options.Negotiation, cancellation)
                : await MultistreamSelect.TryDialAsync(bytes, protocols[0], first, options.Negotiation, cancellation) ? protocols[0] : null;
            string protocol = agreed
                ?? throw new NetworkException(
                    NetworkError.ProtocolNotSupported, $"{connection.Peer.ToShortString()} speaks none of: {string.Join(", ", protocols)}.");
            if (!scope!.TryBindProtocol(protocol).IsValid)
            {
                throw new NetworkException(NetworkError.LimitReached, $"Too many streams of {protocol} are open.");
            }

            NetworkMetrics.StreamsOpened.Add(
                1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, options.Node), NetworkMetrics.Tag("protocol", protocol));
            opened = new PeerStream(connection.Peer, protocol, stream, bytes)
            {
                Scope = scope,
                Node = options.Node,
                Ending = connection.Broken.UnsafeRegister(static state => ((StreamScope)state!).Dispose(), scope),
            };
            await opened.BeginAsync(first, isAtOnce, cancellation);
            isOpen = true;
            return opened;
        }
        finally
        {
            if (!isOpen)
            {
                opened?.Reset();
                stream?.Reset();
                scope!.Dispose();
            }
        }
    }
}
