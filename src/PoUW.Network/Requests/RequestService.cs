using PoUW.Core.Primitives;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Streams;
using PoUW.Network.Telemetry;

namespace PoUW.Network.Requests;

/// <summary>
/// Requests and their answers over streams of a host, both directions (<see cref="RequestWire"/>). A peer's outstanding and inbound requests are
/// bounded, every step has a deadline, and lengths are checked before memory is taken. Any thread.
/// </summary>
internal sealed class RequestService
{
    private readonly Lock _gate = new();
    private readonly Dictionary<PeerId, RequestPeer> _peers = [];
    private readonly IHost _host;
    private readonly Hash256 _networkId;
    private readonly RequestOptions _options;
    private readonly TimeProvider _time;
    private readonly INetworkObserver _observer;
    private readonly MessageBudget _budget;
    private readonly string _node;
    private long _served;
    private long _refused;

    public RequestService(Host host, Hash256 networkId, RequestOptions options, TimeProvider time, INetworkObserver observer)
    {
        (_host, _networkId, _options, _time, _observer) = (host, networkId, options, time, observer);
        (_budget, _node) = (host.Guards.Messages, host.Options.Node);
        host.PeerConnected += peer => Add(peer.Id);
        host.PeerDisconnected += peer => Remove(peer.Id);
    }

    /// <summary>Requests answered with Ok.</summary>
    public long Served => Interlocked.Read(ref _served);

    /// <summary>Requests answered otherwise.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <exception cref="InvalidOperationException">The name has a handler.</exception>
    public void Serve(string name, RequestHandler handler, StreamPriority priority, MessageKind kind)
    {
        // The service's own limit counts a peer's requests of all names; twice of it leaves room to answer those beyond with a refusal.
        StreamHandlerOptions handling = new() { MaxInboundPerPeer = (int)Math.Min(int.MaxValue, _options.MaxInbound * 2L), Priority = priority };
        _host.Handle(
            RequestNames.ProtocolOf(_networkId, name), (stream, cancellation) => ServeAsync(name, handler, kind, stream, cancellation), handling);
    }

    public async ValueTask<RequestResult> RequestAsync(
        PeerId peer, string name, ReadOnlyMemory<byte> request, TimeSpan timeout, StreamPriority priority, CancellationToken cancellation)
    {
        long start = _time.GetTimestamp();
        RequestResult result = await AskAsync(peer, name, request, timeout, priority, cancellation);
        KeyValuePair<string, object?> node = NetworkMetrics.Tag(NetworkMetrics.NodeTag, _node);
        KeyValuePair<string, object?> protocol = NetworkMetrics.Tag("protocol", name);
        NetworkMetrics.RequestsSent.Add(1, node, protocol, NetworkMetrics.Tag("status", result.Status.ToString()));
        NetworkMetrics.RequestDuration.Record(_time.GetElapsedTime(start).TotalSeconds, node, protocol);
        return result;
    }

    private static RequestResult Fail(RequestStatus status) => new(status, default);

    private static RequestStatus ToStatus(NetworkError error) => error switch
    {
        NetworkError.ProtocolNotSupported => RequestStatus.NotFound,
        NetworkError.Reset or NetworkError.LimitReached or NetworkError.ProtocolViolation => RequestStatus.Refused,
        _ => RequestStatus.Disconnected,
    };

    private async ValueTask<RequestResult> AskAsync(
        PeerId peer, string name, ReadOnlyMemory<byte> request, TimeSpan timeout, StreamPriority priority, CancellationToken cancellation)
    {
        string protocol = RequestNames.ProtocolOf(_networkId, name);
        if (request.Length > _options.MaxRequestBytes)
        {
            return Fail(RequestStatus.TooLarge);
        }

        if (Find(peer) is not { } requests)
        {
            return Fail(RequestStatus.Disconnected);
        }

        using CancellationTokenSource deadline = new(timeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            if (!await requests.Outstanding.EnterAsync(either.Token))
            {
                return Fail(RequestStatus.Disconnected);
            }

            try
            {
                return await ExchangeAsync(peer, protocol, request, priority, either.Token);
            }
            finally
            {
                requests.Outstanding.Leave();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Fail(RequestStatus.Timeout);
        }
    }

    private async ValueTask<RequestResult> ExchangeAsync(
        PeerId peer, string protocol, ReadOnlyMemory<byte> request, StreamPriority priority, CancellationToken cancellation)
    {
        PeerStream? stream = null;
        bool isDone = false;
        try
        {
            stream = await _host.OpenStreamAsync(peer, [protocol], priority, cancellation);
            await stream.WriteAsync(DelimitedMessages.Encode(request.Span), cancellation);
            RequestResult result = await RequestWire.ReadAnswerAsync(stream, _options.MaxResponseBytes, cancellation);
            isDone = result.Status != RequestStatus.TooLarge;
            return result;
        }
        catch (NetworkException failure)
        {
            if (failure.Error == NetworkError.ProtocolViolation)
            {
                _host.Punish(peer, $"{protocol}: {failure.Message}");
            }

            return Fail(ToStatus(failure.Error));
        }
        finally
        {
            if (isDone)
            {
                await stream!.CloseAsync();
            }
            else
            {
                // Saves the peer the rest of its work.
                stream?.Reset();
            }
        }
    }

    private async Task ServeAsync(
        string name, RequestHandler handler, MessageKind kind, PeerStream stream, CancellationToken cancellation)
    {
        if (Find(stream.Peer) is not { } requests)
        {
            stream.Reset();
            return;
        }

        bool hasPlace = requests.TryEnterInbound();
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
                requests.LeaveInbound();
            }
        }
    }

    /// <summary>Reads a request, or reads over one that is not served, so that the refusal arrives.</summary>
    private async ValueTask<(RequestStatus Status, byte[] Request)> ReceiveAsync(
        PeerStream stream, MessageKind kind, bool hasPlace, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(_options.ReceiveTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            int longest = Math.Max(_options.MaxRequestBytes, _options.MaxSkippedBytes);
            int length = await DelimitedMessages.ReadLengthAsync(stream, longest, either.Token)
                ?? throw new NetworkException(NetworkError.Closed, "The requester went away.");
            bool isServed = hasPlace && length <= _options.MaxRequestBytes && _budget.TrySpend(stream.Peer, kind, length)
                && (stream.Scope?.TryReserveMemory(length, out _).IsValid ?? true);
            if (isServed)
            {
                return (RequestStatus.Ok, await DelimitedMessages.ReadBodyAsync(stream, length, either.Token));
            }

            return await RequestWire.TrySkipAsync(stream, length, either.Token)
                ? (length > _options.MaxRequestBytes ? RequestStatus.TooLarge : RequestStatus.Refused, [])
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
            1, NetworkMetrics.Tag(NetworkMetrics.NodeTag, _node), NetworkMetrics.Tag("protocol", name),
            NetworkMetrics.Tag("status", status.ToString()));
        using CancellationTokenSource deadline = new(_options.SendTimeout, _time);
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
                { Length: int length } when length > _options.MaxResponseBytes => RequestStatus.TooLarge,
                _ => RequestStatus.Ok,
            };
            return (status, status == RequestStatus.Ok ? response!.Value : default);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return (RequestStatus.Refused, default);
        }
        catch (Exception failure)
        {
            _observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, peer, name, failure));
            return (RequestStatus.Refused, default);
        }
    }

    private RequestPeer? Find(PeerId peer)
    {
        lock (_gate)
        {
            return _peers.GetValueOrDefault(peer);
        }
    }

    private void Add(PeerId peer)
    {
        lock (_gate)
        {
            _peers[peer] = new RequestPeer(_options);
        }
    }

    private void Remove(PeerId peer)
    {
        RequestPeer? gone;
        lock (_gate)
        {
            _peers.Remove(peer, out gone);
        }

        gone?.Outstanding.Close();
    }
}
