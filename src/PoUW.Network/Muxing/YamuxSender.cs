using PoUW.Network.Streams;

namespace PoUW.Network.Muxing;

/// <summary>
/// Sends what streams and connection have to say: first frames without payload (a bounded number, so that they cannot starve the rest), then data by class
/// and turn. One write carries as many frames as fit into a buffer that is not much longer than the longest frame, so an urgent message
/// waits for one such write. Members are called under the connection's lock unless they say otherwise.
/// </summary>
internal sealed class YamuxSender(YamuxSession session, IDuplexStream connection)
{
    private const int MaxControlFrames = 128;
    private const int MinDataBytes = 1024;

    private readonly AsyncSignal _work = new();
    private readonly Queue<YamuxStream> _control = new();
    private readonly Queue<uint> _refusals = new();
    private readonly Queue<uint> _pongs = new();
    private uint? _goAway;
    private bool _isFlushing;
    private bool _isEnding;

    public WriteScheduler Scheduler { get; } = new(session.Options);

    /// <summary>Bytes that went to the connection below.</summary>
    public long SentBytes { get; private set; }

    /// <summary>
    /// True if more streams wait to have something told than can be open at once: the peer opens and ends them and does not read what it is told.
    /// </summary>
    public bool IsSwamped => _control.Count > Options.MaxInboundStreams + (long)Options.MaxOutboundStreams;

    /// <summary>True while a write to the connection below is under way.</summary>
    public bool IsWriting { get; private set; }

    private YamuxOptions Options => session.Options;

    /// <summary>A stream may have something to send.</summary>
    public void Schedule(YamuxStream stream)
    {
        if (stream.Sends.HasWork && stream.Ring is null && !stream.IsForgotten)
        {
            Scheduler.Add(stream);
            _work.Set();
        }
    }

    /// <summary>A stream has flags or window to tell.</summary>
    public void QueueControl(YamuxStream stream)
    {
        if (!stream.IsInControlQueue && !_isEnding)
        {
            stream.IsInControlQueue = true;
            _control.Enqueue(stream);
            _work.Set();
        }
    }

    /// <summary>Resets a stream of the peer that this side takes no notice of.</summary>
    /// <returns>False if too many such answers wait: the peer does not read them.</returns>
    public bool TryRefuse(uint id)
    {
        if (_refusals.Count >= Options.MaxRefusedStreams)
        {
            return false;
        }

        _refusals.Enqueue(id);
        _work.Set();
        return true;
    }

    /// <summary>Answers a ping, unless many wait already.</summary>
    public void QueuePong(uint number)
    {
        if (_pongs.Count < Options.MaxPendingPongs)
        {
            _pongs.Enqueue(number);
            _work.Set();
        }
    }

    /// <summary>Sends a ping soon.</summary>
    public void QueuePing()
    {
        session.Pings.Begin();
        _work.Set();
    }

    /// <summary>Ends the loop.</summary>
    /// <param name="goAway">The code to tell the peer first; null if the peer is gone.</param>
    /// <param name="flushes">True to send what was taken before.</param>
    public void End(uint? goAway, bool flushes)
    {
        (_isEnding, _goAway, _isFlushing) = (true, goAway, flushes);
        _work.Set();
    }

    /// <summary>Runs until the connection ends; called without the lock. Never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await WaitForWorkAsync())
            {
                await SendAllAsync();
            }

            await SendGoAwayAsync();
        }
        catch (NetworkException failure)
        {
            session.Break(failure.Message);
        }
        catch (Exception failure)
        {
            session.Fail(failure);
        }
    }

    private async ValueTask<bool> WaitForWorkAsync()
    {
        ValueTask work;
        lock (session.Gate)
        {
            if (_isEnding)
            {
                return false;
            }

            work = _work.Wait();
        }

        await work;
        return true;
    }

    private async ValueTask SendAllAsync()
    {
        byte[] batch = session.Pool.Rent(Options.MaxFrameBytes + YamuxFrameHeader.Size);
        try
        {
            int used = Fill(batch);
            while (used > 0)
            {
                await connection.WriteAsync(batch.AsMemory(0, used), CancellationToken.None);
                used = Fill(batch);
            }
        }
        finally
        {
            session.Pool.Return(batch);
        }
    }

    private async ValueTask SendGoAwayAsync()
    {
        if (_isFlushing)
        {
            await SendAllAsync();
        }

        if (_goAway is { } code)
        {
            byte[] frame = new byte[YamuxFrameHeader.Size];
            new YamuxFrameHeader(YamuxFrameType.GoAway, YamuxFlags.None, 0, code).Write(frame);
            await connection.WriteAsync(frame, CancellationToken.None);
            await connection.CloseWritingAsync();
        }
    }

    private int Fill(byte[] batch)
    {
        int used;
        lock (session.Gate)
        {
            used = _isEnding && !_isFlushing ? 0 : FillControl(batch);
        }

        // The buffer may be longer than was asked for: a batch of bulk is one frame anyway.
        int limit = Options.MaxFrameBytes + YamuxFrameHeader.Size;
        bool hasData = false;
        while (limit - used >= YamuxFrameHeader.Size + Math.Min(MinDataBytes, Options.MaxFrameBytes)
            && TryAddData(batch.AsSpan(0, limit), ref used, ref hasData))
        {
        }

        lock (session.Gate)
        {
            SentBytes += used;
            IsWriting = used > 0;
        }

        return used;
    }

    /// <summary>
    /// Adds a frame. The end of a stream is a frame of its own, in another write than data: js-libp2p loses data that comes in one frame or one record with
    /// the end.
    /// </summary>
    private bool TryAddData(Span<byte> batch, ref int used, ref bool hasData)
    {
        YamuxStream? stream;
        ReadOnlyMemory<byte> direct;
        int count;
        Span<byte> payload = batch[(used + YamuxFrameHeader.Size)..];
        lock (session.Gate)
        {
            stream = TakeReady();
            if (stream is null)
            {
                return false;
            }

            if (hasData && stream.Sends.IsAtEnd)
            {
                Schedule(stream);
                return false;
            }

            count = stream.Sends.Take(payload, out direct);
            FinishFrame(stream, count, batch[used..]);
        }

        if (!direct.IsEmpty)
        {
            direct.Span.CopyTo(payload);
            lock (session.Gate)
            {
                stream.Sends.EndTake();
            }
        }

        hasData |= count > 0;
        used += YamuxFrameHeader.Size + count;
        return true;
    }

    private YamuxStream? TakeReady()
    {
        YamuxStream? stream = null;
        while ((!_isEnding || _isFlushing) && (stream = Scheduler.Take()) is { Sends.HasWork: false })
        {
            // It was stopped while it waited for its turn.
        }

        return stream;
    }

    private void FinishFrame(YamuxStream stream, int count, Span<byte> header)
    {
        YamuxFlags flags = count == 0 && stream.Sends.TryFinish() ? YamuxFlags.Fin : YamuxFlags.None;
        YamuxFrameType type = count > 0 ? YamuxFrameType.Data : YamuxFrameType.WindowUpdate;
        new YamuxFrameHeader(type, flags, stream.Id, (uint)count).Write(header);
        Scheduler.Charge(stream, YamuxFrameHeader.Size + count);
        if (stream.Sends.IsFinished && stream.Receives.IsFinished)
        {
            session.Streams.Forget(stream);
        }

        Schedule(stream);
    }

    private int FillControl(Span<byte> batch)
    {
        int used = 0;
        int limit = Math.Min(MaxControlFrames * YamuxFrameHeader.Size, Options.MaxFrameBytes);
        while (used + YamuxFrameHeader.Size <= limit && NextControl() is { } frame)
        {
            frame.Write(batch[used..]);
            used += YamuxFrameHeader.Size;
        }

        return used;
    }

    private YamuxFrameHeader? NextControl()
    {
        if (session.Pings.IsQueued)
        {
            return new YamuxFrameHeader(YamuxFrameType.Ping, YamuxFlags.Syn, 0, session.Pings.Send());
        }

        if (_pongs.TryDequeue(out uint number))
        {
            return new YamuxFrameHeader(YamuxFrameType.Ping, YamuxFlags.Ack, 0, number);
        }

        if (_refusals.TryDequeue(out uint refused))
        {
            return new YamuxFrameHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, refused, 0);
        }

        while (_control.TryDequeue(out YamuxStream? stream))
        {
            stream.IsInControlQueue = false;
            if (!stream.IsForgotten && ControlOf(stream) is { } frame)
            {
                return frame;
            }
        }

        return null;
    }

    private YamuxFrameHeader? ControlOf(YamuxStream stream)
    {
        (YamuxFlags flags, long window) = (stream.PendingFlags, stream.PendingWindow);
        (stream.PendingFlags, stream.PendingWindow) = (YamuxFlags.None, 0);
        if ((flags & YamuxFlags.Rst) != 0)
        {
            // If the peer never heard of the stream, it need not hear of its end.
            session.Streams.Forget(stream);
            return (flags & YamuxFlags.Syn) != 0 ? null : new YamuxFrameHeader(YamuxFrameType.WindowUpdate, YamuxFlags.Rst, stream.Id, 0);
        }

        if ((flags & YamuxFlags.Syn) != 0)
        {
            stream.Sends.IsOpen = true;
            Schedule(stream);
        }

        return flags == YamuxFlags.None && window == 0
            ? null
            : new YamuxFrameHeader(YamuxFrameType.WindowUpdate, flags, stream.Id, (uint)window);
    }
}
