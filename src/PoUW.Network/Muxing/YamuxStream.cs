namespace PoUW.Network.Muxing;

/// <summary>One stream of a <see cref="YamuxSession"/>, whose lock guards all its state; bytes are copied outside of it.</summary>
internal sealed class YamuxStream : IMuxedStream
{
    private readonly YamuxSession _session;
    private StreamPriority _priority = StreamPriority.Normal;
    private bool _isReading;
    private bool _isClosed;
    private bool _isResetByPeer;
    private bool _isOverLimit;

    public YamuxStream(YamuxSession session, uint id, bool isInbound)
    {
        (_session, Id, IsInbound) = (session, id, isInbound);
        Sends = new StreamSendSide(session.Options, session.Pool, session.SendBudget) { IsOpen = isInbound };
        Receives = new StreamReceiveSide(session.Options, session.Pool, session.ReceiveBudget);
    }

    public uint Id { get; }

    public bool IsInbound { get; }

    public StreamPriority Priority
    {
        get
        {
            lock (_session.Gate)
            {
                return _priority;
            }
        }

        set
        {
            if (!Enum.IsDefined(value))
            {
                throw new ArgumentOutOfRangeException(nameof(value), value, "No such priority.");
            }

            lock (_session.Gate)
            {
                bool waits = Ring is not null && !IsUnaccepted;
                if (waits)
                {
                    _session.Sender.Scheduler.Remove(this);
                }

                _priority = value;
                if (waits)
                {
                    _session.Sender.Scheduler.Add(this);
                }
            }
        }
    }

    // What follows belongs to the connection and is used under its lock.

    public StreamPriority PriorityNow => _priority;

    public StreamSendSide Sends { get; }

    public StreamReceiveSide Receives { get; }

    /// <summary>The ring that the stream is in: of its priority class, or of the streams that nobody has accepted.</summary>
    public StreamRing? Ring { get; set; }

    public YamuxStream? RingNext { get; set; }

    public YamuxStream? RingPrevious { get; set; }

    public bool IsUnaccepted { get; set; }

    /// <summary>True for a stream of this side that the peer has not acknowledged.</summary>
    public bool IsUnacknowledged { get; set; }

    /// <summary>What the next control frame of the stream says.</summary>
    public YamuxFlags PendingFlags { get; set; }

    public long PendingWindow { get; set; }

    public bool IsInControlQueue { get; set; }

    /// <summary>True once the connection has no use for the stream any more: its frames are late then.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>When this side was done with the stream, on the connection's clock; null before.</summary>
    public long? ClosedAt { get; private set; }

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        if (destination.IsEmpty)
        {
            throw new ArgumentException("A read needs room for a byte.", nameof(destination));
        }

        cancellation.ThrowIfCancellationRequested();
        EnterRead();
        try
        {
            while (true)
            {
                int count = Drain(destination);
                if (count > 0)
                {
                    return count;
                }

                ValueTask more;
                lock (_session.Gate)
                {
                    if (IsAtEnd())
                    {
                        return 0;
                    }

                    if (Receives.Buffer.Length > 0)
                    {
                        continue;
                    }

                    more = Receives.WaitAsync();
                }

                using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
                    static (stream, token) => ((YamuxStream)stream!).CancelRead(token), this);
                await more;
            }
        }
        finally
        {
            LeaveRead();
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        ValueTask written;
        lock (_session.Gate)
        {
            ThrowIfNotWritable();
            if (source.IsEmpty || Sends.TryBuffer(source.Span))
            {
                _session.Sender.Schedule(this);
                return;
            }

            written = Sends.BeginWrite(source);
            _session.Sender.Schedule(this);
        }

        using (cancellation.UnsafeRegister(static stream => ((YamuxStream)stream!).CancelWrite(), this))
        {
            await written;
        }

        lock (_session.Gate)
        {
            if (Sends.EndWrite() > 0)
            {
                ThrowIfBroken();
                cancellation.ThrowIfCancellationRequested();
                throw ClosedHere();
            }
        }
    }

    public ValueTask CloseWritingAsync()
    {
        lock (_session.Gate)
        {
            FinishWriting();
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync()
    {
        lock (_session.Gate)
        {
            if (_isClosed)
            {
                return ValueTask.CompletedTask;
            }

            if (Sends.IsWriting || Receives.Buffer.Length > 0)
            {
                ResetHere();
                return ValueTask.CompletedTask;
            }

            _isClosed = true;
            Receives.Close();
            FinishWriting();
            ClosedAt = _session.Time.GetTimestamp();
        }

        return ValueTask.CompletedTask;
    }

    public void Reset()
    {
        lock (_session.Gate)
        {
            ResetHere();
        }
    }

    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>Ends the stream on this side and tells the peer, if it has not forgotten it.</summary>
    public void ResetHere()
    {
        _isClosed = true;
        Receives.Close();
        Sends.Stop();
        if (!IsForgotten && (PendingFlags & YamuxFlags.Rst) == 0)
        {
            PendingFlags |= YamuxFlags.Rst;
            _session.Sender.QueueControl(this);
        }
    }

    /// <summary>There is no room for what the peer sent.</summary>
    public void ResetForRoom()
    {
        _isOverLimit = true;
        ResetHere();
    }

    /// <summary>The peer ended the stream. What it had finished before can still be read.</summary>
    public void ResetByPeer()
    {
        _isResetByPeer = true;
        Sends.Stop();
        if (Receives.IsFinished && !IsUnaccepted)
        {
            Receives.Wake();
        }
        else
        {
            Receives.Close();
        }

        _session.Streams.Forget(this);
    }

    /// <summary>The connection ended.</summary>
    /// <param name="keepsSending">True if short writes that were taken are still to be sent.</param>
    public void Break(bool keepsSending)
    {
        if (keepsSending)
        {
            Sends.AbandonWrite();
        }
        else
        {
            Sends.Stop();
        }

        if (IsUnaccepted)
        {
            Receives.Close();
        }

        Receives.Wake();
    }

    private NetworkException ClosedHere() => _isOverLimit
        ? new(NetworkError.LimitReached, "The stream was reset: the connection holds as many unread bytes as it may.")
        : new(NetworkError.Closed, "The stream was closed on this side.");

    private void EnterRead()
    {
        lock (_session.Gate)
        {
            if (_isReading)
            {
                throw new InvalidOperationException("Only one read may be under way on a stream.");
            }

            _isReading = true;
        }
    }

    private void LeaveRead()
    {
        lock (_session.Gate)
        {
            _isReading = false;
        }
    }

    private int Drain(Memory<byte> destination)
    {
        int total = 0;
        while (!destination.IsEmpty)
        {
            ReadOnlyMemory<byte> chunk;
            lock (_session.Gate)
            {
                chunk = Receives.IsClosed ? default : Receives.Buffer.BeginDrain();
            }

            if (chunk.IsEmpty)
            {
                break;
            }

            int count = Math.Min(chunk.Length, destination.Length);
            chunk.Span[..count].CopyTo(destination.Span);
            destination = destination[count..];
            total += count;
            lock (_session.Gate)
            {
                EndDrain(count);
            }
        }

        return total;
    }

    private void EndDrain(int count)
    {
        if (!Receives.Buffer.EndDrain(count))
        {
            return;
        }

        long delta = Receives.Consumed(count, _session.Time, _session.Pings.RoundTrip);
        if (delta > 0)
        {
            _session.GrantWindow(this, delta);
        }
    }

    /// <returns>True at the end of what the peer has written.</returns>
    /// <exception cref="NetworkException">There is nothing to read and there will not be.</exception>
    private bool IsAtEnd()
    {
        if (_isClosed)
        {
            throw ClosedHere();
        }

        if (Receives.Buffer.Length > 0)
        {
            return false;
        }

        if (Receives.IsFinished)
        {
            return true;
        }

        ThrowIfBroken();
        return false;
    }

    private void ThrowIfNotWritable()
    {
        if (_isClosed || Sends.IsFinishing)
        {
            throw ClosedHere();
        }

        ThrowIfBroken();
        if (Sends.IsWriting)
        {
            throw new InvalidOperationException("Only one write may be under way on a stream.");
        }
    }

    private void ThrowIfBroken()
    {
        if (_isResetByPeer)
        {
            throw new NetworkException(NetworkError.Reset, "The other side has reset the stream.");
        }

        if (_session.End is { } end)
        {
            throw new NetworkException(NetworkError.Closed, $"The connection ended: {end.Detail}");
        }
    }

    private void FinishWriting()
    {
        if (!Sends.IsFinishing && !Sends.IsStopped)
        {
            Sends.Finish();
            _session.Sender.Schedule(this);
        }
    }

    private void CancelRead(CancellationToken cancellation)
    {
        lock (_session.Gate)
        {
            Receives.CancelWait(cancellation);
        }
    }

    private void CancelWrite()
    {
        lock (_session.Gate)
        {
            Sends.AbandonWrite();
        }
    }
}
