using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Streams;
using PoUW.Network.Telemetry;

namespace PoUW.Network.Requests;

/// <summary>Reads the requests of peers, has them answered, and sends the answers; every step has a deadline. Any thread.</summary>
internal sealed class RequestServer(RequestOptions options, MessageBudget budget, string node, TimeProvider time, INetworkObserver observer)
{
    private long _served;
    private long _refused;

    /// <summary>Requests answered with Ok.</summary>
    public long Served => Interlocked.Read(ref _served);

    /// <summary>Requests answered otherwise.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Serves one request.</summary>
    /// <param name="name">The protocol, for people.</param>
    /// <param name="handler">Answers.</param>
    /// <param name="kind">Which of the peer's budgets pays.</param>
    /// <param name="peer">The peer's requests.</param>
    /// <param name="stream">The stream of this one.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task ServeAsync(
        string name, RequestHandler handler, MessageKind kind, RequestPeer peer, PeerStream stream, CancellationToken cancellation)
    {
        bool hasPlace = peer.TryEnterInbound();
        try
        {
            (RequestStatus status, byte[] request) = await ReceiveAsync(stream, kind, hasPlace, cancellation);
            if (status == RequestStatus.Ok)
            {
                await AnswerAsync(name, handler, stream, request, cancellation);
            }
            else
            {
                await SendAsync(name, stream, status, default, cancellation);
            }
        }
        finally
        {
            if (hasPlace)
            {
                peer.LeaveInbound();
            }
        }
    }

    /// <summary>Reads a request, or reads over one that is not served, so that the refusal arrives.</summary>
    private async ValueTask<(RequestStatus Status, byte[] Request)> ReceiveAsync(
        PeerStream stream, MessageKind kind, bool hasPlace, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(options.ReceiveTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            int longest = Math.Max(options.MaxRequestBytes, options.MaxSkippedBytes);
            int length = await DelimitedMessages.ReadLengthAsync(stream, longest, either.Token)
                ?? throw new NetworkException(NetworkError.Closed, "The requester went away.");
            bool isServed = hasPlace && length <= options.MaxRequestBytes && budget.TrySpend(stream.Peer, kind, length)
                && (stream.Scope?.TryReserveMemory(length, out _).IsValid ?? true);
            if (isServed)
            {
                return (RequestStatus.Ok, await DelimitedMessages.ReadBodyAsync(stream, length, either.Token));
            }

            return await RequestWire.TrySkipAsync(stream, length, either.Token)
                ? (length > options.MaxRequestBytes ? RequestStatus.TooLarge : RequestStatus.Refused, [])
                : throw new NetworkException(NetworkError.Closed, "The requester went away.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Closed, "The request took too long to arrive.");
        }
    }

    private async ValueTask AnswerAsync(string name, RequestHandler handler, PeerStream stream, byte[] request, CancellationToken cancellation)
    {
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task watch = WatchAsync(stream, stop);
        try
        {
            (RequestStatus status, ReadOnlyMemory<byte> body) = await InvokeAsync(name, stream.Peer, handler, request, stop.Token);
            if (!stop.IsCancellationRequested)
            {
                // Whoever asks for much and reads slowly gets no more answers than it may make this node keep.
                bool hasMemory = stream.Scope?.TryReserveMemory(body.Length, out _).IsValid ?? true;
                await SendAsync(name, stream, hasMemory ? status : RequestStatus.Refused, hasMemory ? body : default, stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The requester went away while it was answered.
            stream.Reset();
        }
        finally
        {
            // Ends the watch, which reads.
            if (stream.IsWritingClosed)
            {
                await stream.CloseAsync();
            }
            else
            {
                stream.Reset();
            }

            await watch;
        }
    }

    /// <summary>Cancels the handler when the requester takes its request back.</summary>
    private static async Task WatchAsync(PeerStream stream, CancellationTokenSource stop)
    {
        try
        {
            if (await stream.ReadAsync(new byte[1], CancellationToken.None) > 0)
            {
                stop.Cancel();
            }
        }
        catch (NetworkException)
        {
            // Reset by the requester, or closed by this side since the answer is sent.
            stop.Cancel();
        }
    }

    private async ValueTask SendAsync(
        string name, PeerStream stream, RequestStatus status, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        Interlocked.Increment(ref status == RequestStatus.Ok ? ref _served : ref _refused);
        NetworkMetrics.RequestsServed.Add(
            1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, node), NetworkMetrics.Tag("protocol", name),
            NetworkMetrics.Tag("status", status.ToString()));
        using CancellationTokenSource deadline = new(options.SendTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            await RequestWire.WriteAnswerAsync(stream, status, body, either.Token);
            await stream.CloseWritingAsync();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new NetworkException(NetworkError.Closed, "The answer was not read in time.");
        }
    }

    private async ValueTask<(RequestStatus Status, ReadOnlyMemory<byte> Body)> InvokeAsync(
        string name, PeerId peer, RequestHandler handler, byte[] request, CancellationToken stop)
    {
        try
        {
            ReadOnlyMemory<byte>? response = await handler(peer, request, stop);
            RequestStatus status = response switch
            {
                null => RequestStatus.NotFound,
                { Length: int length } when length > options.MaxResponseBytes => RequestStatus.TooLarge,
                _ => RequestStatus.Ok,
            };
            return (status, status == RequestStatus.Ok ? response!.Value : default);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return (RequestStatus.Refused, default);
        }
        catch (NetworkException busy) when (busy.Error == NetworkError.LimitReached)
        {
            return (RequestStatus.Refused, default);
        }
        catch (Exception failure)
        {
            observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, peer, name, failure));
            return (RequestStatus.Refused, default);
        }
    }
}
