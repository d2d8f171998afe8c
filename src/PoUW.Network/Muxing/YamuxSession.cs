using System.Buffers;
using PoUW.Core.Runtime;
using PoUW.Network.Guards;
using PoUW.Network.Streams;

namespace PoUW.Network.Muxing;

/// <summary>
/// A yamux connection: one loop that reads, one that writes, one that pings. One lock guards all state; it is held for bookkeeping only, never while
/// bytes are copied or awaited.
/// </summary>
internal sealed class YamuxSession : IMuxer
{
    private const uint NormalCode = 0;
    private const uint ProtocolErrorCode = 1;
    private const uint InternalErrorCode = 2;

    private readonly IDuplexStream _connection;
    private readonly YamuxReceiver _receiver;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<MuxerEnd> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly AsyncSignal _acceptable = new();
    private TaskCompletionSource? _openable;
    private bool _isAccepting;

    public YamuxSession(IDuplexStream connection, bool isDialer, YamuxOptions options, TimeProvider time, ArrayPool<byte> pool, MemoryReservation? memory)
    {
        (_connection, Options, Time, Pool) = (connection, options, time, pool);
        SendBudget = new SendBudget(options.ConnectionSendBufferBytes);
        ReceiveBudget = new ReceiveBudget(options.MaxConnectionWindowBytes, memory);
        Streams = new StreamTable(this, isDialer);
        Pings = new PingState(time);
        Sender = new YamuxSender(this, connection);
        _receiver = new YamuxReceiver(this, connection);
    }

    public Task<MuxerEnd> Completion => _completion.Task;

    public int StreamCount
    {
        get
        {
            lock (Gate)
            {
                return End is null ? Streams.Count : 0;
            }
        }
    }

    public Lock Gate { get; } = new();

    public YamuxOptions Options { get; }

    public TimeProvider Time { get; }

    public ArrayPool<byte> Pool { get; }

    public SendBudget SendBudget { get; }

    public ReceiveBudget ReceiveBudget { get; }

    public StreamTable Streams { get; }

    public PingState Pings { get; }

    public YamuxSender Sender { get; }

    /// <summary>Why the connection ended; null while it has not. Under the lock.</summary>
    public MuxerEnd? End { get; private set; }

    /// <summary>True once the connection has ended. Takes the lock.</summary>
    public bool HasEnded
    {
        get
        {
            lock (Gate)
            {
                return End is not null;
            }
        }
    }

    /// <summary>True if there is nothing left to read. Takes the lock.</summary>
    public bool WasEndedByPeer
    {
        get
        {
            lock (Gate)
            {
                return End is { ByPeer: true };
            }
        }
    }

    public void Start(ISpawner spawner)
    {
        Task receiving = spawner.Spawn("yamux read", _receiver.RunAsync);
        Task sending = spawner.Spawn("yamux write", Sender.RunAsync);
        Task pinging = spawner.Spawn("yamux keep-alive", KeepAliveAsync);
        spawner.Spawn("yamux", () => SuperviseAsync(Task.WhenAll(receiving, sending), pinging));
    }

    public async ValueTask<IMuxedStream> OpenStreamAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task room;
            lock (Gate)
            {
                ThrowIfEnded();
                if (!Streams.HasRoom)
                {
                    throw new NetworkException(NetworkError.LimitReached, $"{Options.MaxOutboundStreams} streams are open on the connection.");
                }

                if (Streams.Unacknowledged < Options.MaxUnacknowledgedStreams)
                {
                    YamuxStream stream = Streams.Open();
                    Sender.QueueControl(stream);
                    return stream;
                }

                _openable ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                room = _openable.Task;
            }

            await FollowAsync(room).WaitAsync(cancellation);
        }
    }

    public async ValueTask<IMuxedStream?> AcceptStreamAsync(CancellationToken cancellation)
    {
        EnterAccept();
        try
        {
            while (true)
            {
                ValueTask more;
                lock (Gate)
                {
                    if (End is not null)
                    {
                        return null;
                    }

                    if (Streams.Accept() is { } stream)
                    {
                        return stream;
                    }

                    more = _acceptable.Wait();
                }

                using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
                    static (session, token) => ((YamuxSession)session!).CancelAccept(token), this);
                await more;
            }
        }
        finally
        {
            LeaveAccept();
        }
    }

    public async ValueTask<TimeSpan> PingAsync(CancellationToken cancellation)
    {
        Task<TimeSpan> answer;
        lock (Gate)
        {
            ThrowIfEnded();
            Sender.QueuePing();
            answer = Pings.WaitAsync();
        }

        await FollowAsync(answer).WaitAsync(cancellation);
        return await answer;
    }

    public async ValueTask CloseAsync(uint code)
    {
        Finish(new MuxerEnd(code, ByPeer: false, $"closed on this side with code {code}"), tellsPeer: true, flushes: true);
        await _completion.Task;
    }

    public ValueTask DisposeAsync() => CloseAsync(NormalCode);

    /// <summary>The peer ended the connection. Under the lock or not.</summary>
    public void EndedByPeer(uint code)
        => Finish(new MuxerEnd(code, ByPeer: true, $"closed by the other side with code {code}"), tellsPeer: false);

    /// <summary>The peer broke the protocol.</summary>
    public void Violated(string detail) => Finish(new MuxerEnd(ProtocolErrorCode, ByPeer: false, detail), tellsPeer: true);

    /// <summary>The connection below broke.</summary>
    public void Break(string detail) => Finish(new MuxerEnd(null, ByPeer: true, detail), tellsPeer: false);

    /// <summary>Something failed that must not.</summary>
    public void Fail(Exception failure) => Finish(new MuxerEnd(InternalErrorCode, ByPeer: false, failure.ToString()), tellsPeer: true);

    /// <summary>The peer has opened a stream. Under the lock.</summary>
    public void WakeAcceptor() => _acceptable.Set();

    /// <summary>There is room for another stream of this side. Under the lock.</summary>
    public void WakeOpeners()
    {
        _openable?.TrySetResult();
        _openable = null;
    }

    /// <summary>Tells the peer of room that reading has made. Under the lock.</summary>
    public void GrantWindow(YamuxStream stream, long bytes)
    {
        if (End is not null || stream.IsForgotten)
        {
            return;
        }

        stream.PendingWindow += bytes;
        Sender.QueueControl(stream);
        if (Pings.RoundTrip is null)
        {
            // Whoever fills half a window is worth the measurement by which windows grow.
            Sender.QueuePing();
        }
    }

    /// <summary>
    /// Goes on in the caller's context, which <see cref="Task.WaitAsync(CancellationToken)"/> alone would not for a task of this class. Does not fail, since
    /// nobody may be left to see it: callers look at the task itself.
    /// </summary>
    private static async Task FollowAsync(Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private void Finish(MuxerEnd end, bool tellsPeer, bool flushes = false)
    {
        lock (Gate)
        {
            if (End is not null)
            {
                return;
            }

            End = end;
            Sender.End(tellsPeer ? end.Code : null, flushes);
            foreach (YamuxStream stream in Streams.InOrder())
            {
                stream.Break(flushes);
            }

            Pings.Break(new NetworkException(NetworkError.Closed, $"The connection ended: {end.Detail}"));
            WakeAcceptor();
            WakeOpeners();
        }

        _ending.TrySetResult();
    }

    private async Task SuperviseAsync(Task loops, Task pinging)
    {
        await _ending.Task;
        _stop.Cancel();
        if (WasEndedByPeer)
        {
            await CloseConnectionAsync();
        }

        using (CancellationTokenSource done = new())
        {
            Task limit = Task.Delay(Options.CloseTimeout, Time, done.Token);
            await Task.WhenAny(loops, limit);
            done.Cancel();
        }

        await CloseConnectionAsync();
        await loops;
        await pinging;
        Release();
    }

    private async ValueTask CloseConnectionAsync()
    {
        try
        {
            await _connection.CloseAsync();
        }
        catch (NetworkException failure)
        {
            // It is gone, which is what was asked for; the reason that counts is the first one.
            Break(failure.Message);
        }
        catch (Exception failure)
        {
            // However it fails, whoever waits for the end has to hear of it.
            Fail(failure);
        }
    }

    private void Release()
    {
        MuxerEnd end;
        lock (Gate)
        {
            end = End!;
            foreach (YamuxStream stream in Streams.InOrder())
            {
                stream.Sends.Stop();
            }
        }

        _stop.Dispose();
        _completion.TrySetResult(end);
    }

    private async Task KeepAliveAsync()
    {
        try
        {
            TimeSpan pause = Options.KeepAliveInterval;
            while (true)
            {
                if (pause > TimeSpan.Zero)
                {
                    await Task.Delay(pause, Time, _stop.Token);
                }

                lock (Gate)
                {
                    ResetLingering();
                    Sender.QueuePing();
                }

                await WatchPingAsync();
                pause = Options.KeepAliveInterval - Options.KeepAliveTimeout;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The connection has ended, and this with it.
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private async ValueTask WatchPingAsync()
    {
        bool isUnderWay = true;
        while (isUnderWay)
        {
            long received = _receiver.ReceivedBytes;
            long sent = SentBytes(out _);
            await Task.Delay(Options.KeepAliveTimeout, Time, _stop.Token);
            bool sends = SentBytes(out bool isWriting) != sent || !isWriting;
            lock (Gate)
            {
                isUnderWay = Pings.IsUnderWay;
            }

            if (isUnderWay && (_receiver.ReceivedBytes == received || !sends))
            {
                // A slow peer that still reads and writes is not dead, however long its queue is.
                Break($"No answer to a ping for {Options.KeepAliveTimeout}.");
                return;
            }
        }
    }

    private long SentBytes(out bool isWriting)
    {
        lock (Gate)
        {
            isWriting = Sender.IsWriting;
            return Sender.SentBytes;
        }
    }

    private void ResetLingering()
    {
        foreach (YamuxStream stream in Streams.InOrder())
        {
            if (stream.ClosedAt is { } closedAt && Time.GetElapsedTime(closedAt) >= Options.StreamCloseTimeout)
            {
                stream.ResetHere();
            }
        }
    }

    private void ThrowIfEnded()
    {
        if (End is { } end)
        {
            throw new NetworkException(NetworkError.Closed, $"The connection ended: {end.Detail}");
        }
    }

    private void EnterAccept()
    {
        lock (Gate)
        {
            if (_isAccepting)
            {
                throw new InvalidOperationException("Only one call may wait for streams of the other side.");
            }

            _isAccepting = true;
        }
    }

    private void LeaveAccept()
    {
        lock (Gate)
        {
            _isAccepting = false;
        }
    }

    private void CancelAccept(CancellationToken cancellation)
    {
        lock (Gate)
        {
            _acceptable.Cancel(cancellation);
        }
    }
}
