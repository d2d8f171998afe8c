using PoUW.Core.Validation;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Streams;

namespace PoUW.Network.Discovery.Rendezvous;

/// <summary>
/// Asks rendezvous points. A point is not trusted: what it tells is verified, and it can only leave peers out. Each call is a stream of its own under
/// a deadline. Members may be called from any thread.
/// </summary>
public sealed class RendezvousClient
{
    private readonly IHost _host;
    private readonly IdentityVerifier _verifier;
    private readonly TimeProvider _time;
    private readonly TimeSpan _timeout;

    /// <summary>A client on a host.</summary>
    /// <param name="host">The connections.</param>
    /// <param name="verifier">Verifies the records.</param>
    /// <param name="time">The clock of the deadline.</param>
    /// <param name="timeout">How long a call may take.</param>
    public RendezvousClient(IHost host, IdentityVerifier verifier, TimeProvider time, TimeSpan timeout)
    {
        (_host, _verifier, _time, _timeout) = (host, verifier, time, timeout);
    }

    /// <summary>Registers this node in a namespace.</summary>
    /// <param name="point">A connected peer.</param>
    /// <param name="namespace">Where; at most 255 bytes in UTF-8.</param>
    /// <param name="signedPeerRecord">This node's own record, sealed (<see cref="PeerRecord.Seal"/>).</param>
    /// <param name="ttl">How long; null leaves it to the point.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <returns>The outcome, and how long the registration lives.</returns>
    /// <exception cref="NetworkException">The point could not be asked, or answered something else.</exception>
    public async ValueTask<(RendezvousStatus Status, TimeSpan Ttl)> RegisterAsync(
        PeerId point, string @namespace, ReadOnlyMemory<byte> signedPeerRecord, TimeSpan? ttl, CancellationToken cancellation)
    {
        ulong? seconds = ttl is { } wanted ? (ulong)wanted.TotalSeconds : null;
        RendezvousMessage answer = await AskAsync(
            point,
            new RendezvousMessage
            {
                Type = RendezvousMessageType.Register,
                Registrations = [new RendezvousRegistration(@namespace, signedPeerRecord, seconds)],
            },
            RendezvousMessageType.RegisterResponse,
            cancellation);
        return (answer.Status, TimeSpan.FromSeconds(Math.Min(answer.TtlSeconds, int.MaxValue)));
    }

    /// <summary>Takes this node out of a namespace. The point does not answer.</summary>
    /// <exception cref="NetworkException">The point could not be told.</exception>
    public async ValueTask UnregisterAsync(PeerId point, string @namespace, CancellationToken cancellation)
    {
        RendezvousMessage request = new() { Type = RendezvousMessageType.Unregister, Namespace = @namespace };
        await InTimeAsync(
            async limit =>
            {
                PeerStream stream = await _host.OpenStreamAsync(point, [RendezvousProtocol.Id], StreamPriority.Normal, limit);
                await stream.WriteAsync(DelimitedMessages.Encode(RendezvousCodec.Encode(request)), limit);
                await stream.CloseWritingAsync();

                // The end of the answers shows that the point has read the request.
                await DelimitedMessages.ReadAsync(stream, RendezvousCodec.MaxMessageBytes, limit);
                await stream.CloseAsync();
                return true;
            },
            cancellation);
    }

    /// <summary>Asks who is registered in a namespace.</summary>
    /// <param name="point">A connected peer.</param>
    /// <param name="namespace">Where.</param>
    /// <param name="limit">The most peers wanted; 0 leaves it to the point.</param>
    /// <param name="cookie">Where to go on; empty for the beginning.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="NetworkException">The point could not be asked, or answered something else.</exception>
    public async ValueTask<RendezvousPage> DiscoverAsync(
        PeerId point, string @namespace, int limit, ReadOnlyMemory<byte> cookie, CancellationToken cancellation)
    {
        RendezvousMessage answer = await AskAsync(
            point,
            new RendezvousMessage { Type = RendezvousMessageType.Discover, Namespace = @namespace, Limit = (ulong)limit, Cookie = cookie },
            RendezvousMessageType.DiscoverResponse,
            cancellation);
        List<(PeerRecord, ReadOnlyMemory<byte>)> peers = [];
        foreach (RendezvousRegistration registration in answer.Registrations)
        {
            if (PeerRecord.TryOpen(registration.SignedPeerRecord.Span, _verifier, out PeerRecord? record).IsValid)
            {
                peers.Add((record!, registration.SignedPeerRecord));
            }
        }

        return new RendezvousPage(answer.Status, peers, answer.Registrations.Count - peers.Count, answer.Cookie);
    }

    private ValueTask<RendezvousMessage> AskAsync(
        PeerId point, RendezvousMessage request, RendezvousMessageType expected, CancellationToken cancellation) => InTimeAsync(
        async limit =>
        {
            PeerStream stream = await _host.OpenStreamAsync(point, [RendezvousProtocol.Id], StreamPriority.Normal, limit);
            try
            {
                await stream.WriteAsync(DelimitedMessages.Encode(RendezvousCodec.Encode(request)), limit);
                await stream.CloseWritingAsync();
                byte[] bytes = await DelimitedMessages.ReadAsync(stream, RendezvousCodec.MaxMessageBytes, limit)
                    ?? throw new NetworkException(NetworkError.Closed, "The rendezvous point did not answer.");
                ValidationResult result = RendezvousCodec.TryDecode(bytes, out RendezvousMessage? answer);
                return answer?.Type == expected
                    ? answer
                    : throw new NetworkException(NetworkError.ProtocolViolation, $"Rendezvous: no {expected}. {result}");
            }
            finally
            {
                stream.Reset();
            }
        },
        cancellation);

    private async ValueTask<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(_timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            return await call(either.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Closed, "The rendezvous point did not answer in time.");
        }
    }
}
