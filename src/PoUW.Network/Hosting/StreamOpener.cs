using PoUW.Network.Muxing;
using PoUW.Network.Negotiation;
using PoUW.Network.Streams;

namespace PoUW.Network.Hosting;

/// <summary>Opens streams of a connection and agrees on their protocol.</summary>
internal static class StreamOpener
{
    /// <exception cref="NetworkException">None of the protocols, a limit, or the connection broke.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<PeerStream> OpenAsync(
        HostConnection connection, IReadOnlyList<string> protocols, StreamPriority priority, HostOptions options, CancellationToken cancellation)
    {
        IMuxedStream stream = await connection.Muxer.OpenStreamAsync(cancellation);
        bool isOpen = false;
        try
        {
            stream.Priority = priority;
            BufferedDuplexStream bytes = new(stream);
            string protocol = await MultistreamSelect.DialAsync(bytes, protocols, options.Negotiation, cancellation)
                ?? throw new NetworkException(
                    NetworkError.ProtocolNotSupported, $"{connection.Peer.ToShortString()} speaks none of: {string.Join(", ", protocols)}.");
            isOpen = true;
            return new PeerStream(connection.Peer, protocol, stream, bytes);
        }
        finally
        {
            if (!isOpen)
            {
                stream.Reset();
            }
        }
    }
}
