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
    private readonly Host _host;
    private readonly Hash256 _networkId;
    private readonly RequestOptions _options;
    private readonly TimeProvider _time;
    private readonly RequestServer _server;
    private readonly string _node;

    public RequestService(Host host, Hash256 networkId, RequestOptions options, TimeProvider time, INetworkObserver observer)
    {
        (_host, _networkId, _options, _time, _node) = (host, networkId, options, time, host.Options.Node);
        _server = new RequestServer(options, host.Guards.Messages, _node, time, observer);
        host.PeerConnected += peer => Add(peer.Id);
        host.PeerDisconnected += peer => Remove(peer.Id);
    }

    /// <summary>Requests answered with Ok.</summary>
    public long Served => _server.Served;

    /// <summary>Requests answered otherwise.</summary>
    public long Refused => _server.Refused;

    /// <exception cref="InvalidOperationException">The name has a handler.</exception>
    public void Serve(string name, RequestHandler handler, StreamPriority priority, MessageKind kind)
    {
        // The service's own limit counts a peer's requests of all names; twice of it leaves room to answer those beyond with a refusal.
        StreamHandlerOptions handling = new() { MaxInboundPerPeer = (int)Math.Min(int.MaxValue, _options.MaxInbound * 2L), Priority = priority };
        _host.Handle(
            RequestNames.ProtocolOf(_networkId, name), (stream, cancellation) => ServeAsync(name, handler, kind, stream, cancellation), handling);
    }

    private Task ServeAsync(string name, RequestHandler handler, MessageKind kind, PeerStream stream, CancellationToken cancellation)
    {
        if (Find(stream.Peer) is { } peer)
        {
            return _server.ServeAsync(name, handler, kind, peer, stream, cancellation);
        }

        stream.Reset();
        return Task.CompletedTask;
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
            byte[] message = DelimitedMessages.Encode(request.Span);
            bool isShort = message.Length <= RequestWire.JoinBytes;
            stream = await _host.OpenStreamAsync(peer, [protocol], priority, isShort ? message : default(ReadOnlyMemory<byte>), cancellation);
            if (!isShort)
            {
                await stream.WriteAsync(message, cancellation);
            }

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
