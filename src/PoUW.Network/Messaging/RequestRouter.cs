using System.Buffers.Binary;
using PoUW.Network.Framing;
using PoUW.Network.Sessions;

namespace PoUW.Network.Messaging;

/// <summary>Requests and their answers, both directions.</summary>
internal sealed class RequestRouter(
    NetworkOptions options, TimeProvider time, TaskGroup tasks, INetworkObserver observer, NetworkCounters counters)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, RequestHandler> _handlers = [];

    private delegate ValueTask<ReadOnlyMemory<byte>?> RequestHandler(
        PeerId peer, ReadOnlyMemory<byte> request, CancellationToken cancellation);

    public void Serve(string protocol, Func<PeerId, ReadOnlyMemory<byte>, CancellationToken, ValueTask<ReadOnlyMemory<byte>?>> handler)
    {
        lock (_gate)
        {
            if (!_handlers.TryAdd(protocol, new RequestHandler(handler)))
            {
                throw new InvalidOperationException($"Protocol '{protocol}' has a handler already.");
            }
        }
    }

    public async ValueTask<RequestResult> RequestAsync(
        PeerSession session, string protocol, ReadOnlyMemory<byte> request, TimeSpan timeout, CancellationToken cancellation)
    {
        using CancellationTokenSource deadline = new(timeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellation);
        try
        {
            if (!await session.Requests.EnterAsync(either.Token))
            {
                return new RequestResult(RequestStatus.Disconnected, default);
            }

            try
            {
                return await ExchangeAsync(session, protocol, request.ToArray(), either.Token);
            }
            finally
            {
                session.Requests.Leave();
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new RequestResult(RequestStatus.Timeout, default);
        }
    }

    public async ValueTask<SessionStep> ReceiveRequestAsync(PeerSession session, int length, CancellationToken cancellation)
    {
        if (length < 5)
        {
            return SessionStep.Fault(CloseReason.Malformed);
        }

        if (!await session.Reader.TryReadAsync(session.Fields.AsMemory(0, 4), cancellation))
        {
            return SessionStep.Lost;
        }

        uint id = BinaryPrimitives.ReadUInt32BigEndian(session.Fields);
        string? protocol = await MessageNames.ReadAsync(session.Reader, session.Fields, length - 4, cancellation);
        if (string.IsNullOrEmpty(protocol))
        {
            return protocol is null ? SessionStep.Lost : SessionStep.Fault(CloseReason.Malformed);
        }

        int bodyLength = length - 5 - protocol.Length;
        if (bodyLength > options.MaxRequestBytes)
        {
            return await RefuseAsync(session, id, RequestStatus.TooLarge, bodyLength, cancellation);
        }

        return await AdmitAsync(session, id, protocol, bodyLength, cancellation);
    }

    public async ValueTask<SessionStep> ReceiveResponseAsync(PeerSession session, int length, CancellationToken cancellation)
    {
        if (length < 5)
        {
            return SessionStep.Fault(CloseReason.Malformed);
        }

        if (!await session.Reader.TryReadAsync(session.Fields.AsMemory(0, 5), cancellation))
        {
            return SessionStep.Lost;
        }

        uint id = BinaryPrimitives.ReadUInt32BigEndian(session.Fields);
        RequestStatus status = (RequestStatus)session.Fields[4];
        if (status > RequestStatus.Refused)
        {
            return SessionStep.Fault(CloseReason.Malformed);
        }

        int bodyLength = length - 5;
        bool take = status == RequestStatus.Ok && bodyLength <= options.MaxResponseBytes && session.Requests.IsPending(id);
        byte[] body = take ? GC.AllocateUninitializedArray<byte>(bodyLength) : [];
        bool read = take
            ? await session.Reader.TryReadAsync(body, cancellation)
            : await session.Reader.TrySkipAsync(bodyLength, cancellation);
        if (!read)
        {
            return SessionStep.Lost;
        }

        bool tooLarge = status == RequestStatus.Ok && bodyLength > options.MaxResponseBytes;
        session.Requests.TryFinish(id, new RequestResult(tooLarge ? RequestStatus.TooLarge : status, body));
        return SessionStep.Continue;
    }

    public async ValueTask<SessionStep> ReceiveCancelAsync(PeerSession session, int length, CancellationToken cancellation)
    {
        if (length != 4)
        {
            return SessionStep.Fault(CloseReason.Malformed);
        }

        if (!await session.Reader.TryReadAsync(session.Fields.AsMemory(0, 4), cancellation))
        {
            return SessionStep.Lost;
        }

        session.Inbound.Cancel(BinaryPrimitives.ReadUInt32BigEndian(session.Fields));
        return SessionStep.Continue;
    }

    private static async ValueTask<RequestResult> ExchangeAsync(
        PeerSession session, string protocol, byte[] request, CancellationToken cancellation)
    {
        uint id = session.Requests.Add(out Task<RequestResult> answer);
        try
        {
            if (!await session.Outbox.AddAsync(OutboundFrame.Request(id, protocol, request), cancellation))
            {
                session.Requests.TryFinish(id, new RequestResult(RequestStatus.Disconnected, default));
            }

            using CancellationTokenRegistration registration =
                cancellation.UnsafeRegister(_ => session.Requests.TryCancel(id, cancellation), null);
            return await answer;
        }
        catch (OperationCanceledException)
        {
            // Saves the peer work; nothing is lost when there is no room for it.
            session.Requests.TryCancel(id, cancellation);
            session.Outbox.TryAdd(OutboundFrame.Cancel(id));
            throw;
        }
    }

    private async ValueTask<SessionStep> AdmitAsync(
        PeerSession session, uint id, string protocol, int length, CancellationToken cancellation)
    {
        RequestHandler? handler;
        lock (_gate)
        {
            handler = _handlers.GetValueOrDefault(protocol);
        }

        if (handler is null)
        {
            return await RefuseAsync(session, id, RequestStatus.NotFound, length, cancellation);
        }

        CancellationTokenSource? stop = session.Inbound.TryAdd(id, out bool isDuplicate);
        if (stop is null)
        {
            return isDuplicate
                ? SessionStep.Fault(CloseReason.ProtocolViolation)
                : await RefuseAsync(session, id, RequestStatus.Refused, length, cancellation);
        }

        byte[] body = GC.AllocateUninitializedArray<byte>(length);
        if (!await session.Reader.TryReadAsync(body, cancellation))
        {
            return SessionStep.Lost;
        }

        bool running = tasks.TryRun("pouw.request", () => ServeAsync(session, id, handler, body, stop.Token));
        return running ? SessionStep.Continue : SessionStep.Fault(CloseReason.ShuttingDown);
    }

    /// <summary>Answers without serving. A peer that leaves no room even for that does not read its answers, and is dropped.</summary>
    private async ValueTask<SessionStep> RefuseAsync(
        PeerSession session, uint id, RequestStatus status, int length, CancellationToken cancellation)
    {
        if (status != RequestStatus.NotFound)
        {
            Interlocked.Increment(ref counters.RequestsRefused);
        }

        if (!await session.Reader.TrySkipAsync(length, cancellation))
        {
            return SessionStep.Lost;
        }

        bool answered = session.Outbox.TryAdd(OutboundFrame.Response(id, (byte)status, default));
        return answered ? SessionStep.Continue : SessionStep.Fault(CloseReason.ProtocolViolation);
    }

    private async Task ServeAsync(PeerSession session, uint id, RequestHandler handler, byte[] request, CancellationToken stop)
    {
        try
        {
            (RequestStatus status, ReadOnlyMemory<byte> body) = await InvokeAsync(session.Peer.Id, handler, request, stop);
            if (!stop.IsCancellationRequested)
            {
                ref long counter = ref status == RequestStatus.Ok ? ref counters.RequestsServed : ref counters.RequestsRefused;
                Interlocked.Increment(ref counter);
                await session.Outbox.AddAsync(OutboundFrame.Response(id, (byte)status, body), stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The requester went away while the answer waited for room.
            return;
        }
        finally
        {
            session.Inbound.Remove(id);
        }
    }

    private async ValueTask<(RequestStatus Status, ReadOnlyMemory<byte> Body)> InvokeAsync(
        PeerId peer, RequestHandler handler, byte[] request, CancellationToken stop)
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
        catch (Exception failure)
        {
            observer.Observe(new NetworkEvent(NetworkEventKind.HandlerFailed, peer, "request handler", failure));
            return (RequestStatus.Refused, default);
        }
    }
}
