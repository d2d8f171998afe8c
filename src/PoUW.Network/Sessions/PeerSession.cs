using PoUW.Network.Framing;
using PoUW.Network.Messaging;
using PoUW.Network.Transports;

namespace PoUW.Network.Sessions;

/// <summary>
/// An established session: the queues of one peer, one loop that reads and one that writes. The reading loop never waits for a queue or
/// a handler, so two nodes cannot block each other.
/// </summary>
internal sealed class PeerSession
{
    private readonly Lock _gate = new();
    private readonly IConnection _connection;
    private readonly NetworkOptions _options;
    private readonly TimeProvider _time;
    private readonly NetworkCounters _counters;
    private readonly SessionWriter _writer;
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _reading;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CloseReason _reason;
    private ITimer? _linger;

    public PeerSession(
        PeerDescription peer, IConnection connection, FrameReader reader, NetworkOptions options, TimeProvider time,
        NetworkCounters counters, CancellationToken stop)
    {
        Peer = peer;
        Reader = reader;
        Outbox = new Outbox(options);
        Known = new SeenCache(options.KnownMessagesPerPeer, options.SeenDuration, time);
        Requests = new RequestTable(options.MaxOutstandingRequests);
        Inbound = new InboundRequests(options.MaxInboundRequests);
        Inbox = new GossipInbox(options);
        _connection = connection;
        _options = options;
        _time = time;
        _counters = counters;
        _writer = new SessionWriter(connection, Outbox, Known, counters);
        _reading = CancellationTokenSource.CreateLinkedTokenSource(stop);
    }

    public PeerDescription Peer { get; }

    public FrameReader Reader { get; }

    public Outbox Outbox { get; }

    /// <summary>Ids of messages that the peer sent here.</summary>
    public SeenCache Known { get; }

    public RequestTable Requests { get; }

    public InboundRequests Inbound { get; }

    public GossipInbox Inbox { get; }

    /// <summary>Small fields of the frame that is being read; used by the reading loop only.</summary>
    public byte[] Fields { get; } = new byte[512];

    public bool IsClosing => _closing.IsCancellationRequested;

    /// <summary>Completes when the connection is closed and nobody can find the session any more.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Starts to end the session; only the first reason counts.</summary>
    public void BeginClose(CloseReason reason, bool tell)
    {
        lock (_gate)
        {
            if (_reason != CloseReason.None)
            {
                return;
            }

            _reason = reason;
            _linger = _time.CreateTimer(_ => _reading.Cancel(), null, _options.CloseLinger, Timeout.InfiniteTimeSpan);
        }

        _closing.Cancel();
        _writer.Close(tell ? OutboundFrame.Close(reason) : null);
    }

    /// <summary>Runs until the connection is closed.</summary>
    public async Task<CloseReason> RunAsync(FrameDispatcher dispatcher)
    {
        Task writing = WriteAsync();
        SessionStep end = SessionStep.Lost;
        try
        {
            end = await ReadAsync(dispatcher);
        }
        finally
        {
            BeginClose(end.Reason, tell: !end.ByPeer);
            Requests.Close();
            Inbound.Close();
            Inbox.Close();
            await FinishAsync(writing, drain: !end.ByPeer);
        }

        return _reason;
    }

    public void MarkEnded() => _ended.TrySetResult();

    private async ValueTask FinishAsync(Task writing, bool drain)
    {
        if (drain)
        {
            await DrainAsync();
        }

        await writing;
        await _connection.CloseAsync();
        await _linger!.DisposeAsync();
        _reading.Dispose();
    }

    private async Task WriteAsync()
    {
        try
        {
            await _writer.RunAsync();
        }
        catch (NetworkException)
        {
            // The connection broke: the reading loop may not notice as long as the peer is silent.
            BeginClose(CloseReason.Lost, tell: false);
            _reading.Cancel();
        }
    }

    private async ValueTask<SessionStep> ReadAsync(FrameDispatcher dispatcher)
    {
        try
        {
            while (!IsClosing)
            {
                FrameReadResult frame = await Reader.ReadHeaderAsync(_options.MaxFrameBytes, _reading.Token);
                SessionStep step = frame.IsFrame ? await dispatcher.HandleAsync(this, frame.Header, _reading.Token) : Judge(frame);
                Interlocked.Add(ref _counters.BytesReceived, FrameHeader.Size + frame.Header.Length);
                if (step.Reason != CloseReason.None)
                {
                    return step;
                }
            }

            return SessionStep.Fault(_reason);
        }
        catch (NetworkException)
        {
            return SessionStep.Lost;
        }
        catch (OperationCanceledException) when (_reading.IsCancellationRequested)
        {
            return SessionStep.Fault(CloseReason.ShuttingDown);
        }
    }

    private static SessionStep Judge(FrameReadResult frame)
    {
        if (frame.IsEnd)
        {
            return SessionStep.Lost;
        }

        bool tooLarge = frame.Validation.Code == Core.Validation.ValidationCode.TooLarge;
        return SessionStep.Fault(tooLarge ? CloseReason.TooLarge : CloseReason.Malformed);
    }

    /// <summary>Lets the peer read the reason before the connection goes: reads to the end, for no longer than the linger time.</summary>
    private async ValueTask DrainAsync()
    {
        try
        {
            while (await Reader.TrySkipAsync(int.MaxValue, _reading.Token))
            {
                continue;
            }
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            // Broken or out of time: the session ends either way.
            return;
        }
    }
}
