using System.Security.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Streams;

namespace PoUW.Network.Ping;

/// <summary>Echoes 32 bytes at a time, and measures how long a peer takes for that (libp2p specification, ping). Any thread.</summary>
internal sealed class PingService(PingOptions options, MessageBudget budget, TimeProvider time, IRandomSource random)
{
    /// <summary>The protocol.</summary>
    public const string ProtocolId = "/ipfs/ping/1.0.0";

    private const int MessageBytes = 32;

    /// <summary>Echoes until the peer ends the stream, is silent for too long or pings too often.</summary>
    public async Task ServeAsync(PeerStream stream, CancellationToken cancellation)
    {
        byte[] message = new byte[MessageBytes];
        while (true)
        {
            using CancellationTokenSource deadline = new(options.IdleTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
            try
            {
                if (!await DelimitedMessages.TryFillAsync(stream, message, either.Token))
                {
                    await stream.CloseAsync();
                    return;
                }

                if (!budget.TrySpend(stream.Peer, MessageKind.Control, MessageBytes))
                {
                    throw new NetworkException(NetworkError.LimitReached, "The peer pings too often.");
                }

                await stream.WriteAsync(message, either.Token);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                throw new NetworkException(NetworkError.Closed, "The peer was silent for too long.");
            }
        }
    }

    /// <summary>Sends one ping on a stream of its own.</summary>
    /// <exception cref="NetworkException">The stream broke, or the peer echoed something else.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<TimeSpan> AskAsync(PeerStream stream, CancellationToken cancellation)
    {
        byte[] message = new byte[MessageBytes];
        byte[] echo = new byte[MessageBytes];
        random.Fill(message);
        long start = time.GetTimestamp();
        await stream.WriteAsync(message, cancellation);
        bool isEcho = await DelimitedMessages.TryFillAsync(stream, echo, cancellation) && CryptographicOperations.FixedTimeEquals(message, echo);
        TimeSpan elapsed = time.GetElapsedTime(start);
        return isEcho ? elapsed : throw new NetworkException(NetworkError.ProtocolViolation, "The echo of a ping is another one.");
    }
}
