namespace PoUW.Network.Transports.Modelled;

/// <summary>
/// One direction of a modelled connection: bytes travel as the link says and wait to be read. One timer is armed for the bytes that arrive next.
/// </summary>
internal sealed class ModelledPipe(NetworkModel model, ModelledLink link, ModelledLink reverse) : IDisposable
{
    private const int ChunkBytes = 64 * 1024;

    private readonly Queue<(TimeSpan Arrival, byte[]? Bytes)> _travelling = new();
    private readonly Queue<byte[]> _arrived = new();
    private TimeSpan _lastArrival;
    private TimeSpan? _armed;
    private ITimer? _timer;
    private int _held;
    private int _headOffset;
    private bool _isStalled;
    private bool _isSevered;
    private bool _hasEnded;
    private bool _readerClosed;
    private bool _writerClosed;
    private bool _reading;
    private bool _writing;
    private NetworkException? _readFailure;
    private NetworkException? _writeFailure;
    private TaskCompletionSource? _readWait;
    private TaskCompletionSource? _writeWait;

    private Lock Gate => model.Gate;

    /// <summary>True if bytes are on their way, which a machine that forgot the connection would answer with a reset.</summary>
    public bool HasTravelling => _travelling.Count > 0;

    /// <summary>Called under the lock when bytes were written into a pipe whose far end is lost.</summary>
    public Action? WrittenWhileSevered { get; set; }

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        Enter(ref _reading);
        try
        {
            while (true)
            {
                TaskCompletionSource wait;
                lock (Gate)
                {
                    cancellation.ThrowIfCancellationRequested();
                    ThrowIf(_readerClosed, _readFailure);
                    if (_arrived.Count > 0 || _hasEnded)
                    {
                        return Take(destination.Span);
                    }

                    wait = _readWait = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                await WaitAsync(wait, cancellation);
            }
        }
        finally
        {
            Leave(ref _reading);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        Enter(ref _writing);
        try
        {
            do
            {
                TaskCompletionSource wait;
                lock (Gate)
                {
                    cancellation.ThrowIfCancellationRequested();
                    ThrowIf(_writerClosed, _writeFailure);
                    source = Send(source);
                    if (source.IsEmpty)
                    {
                        return;
                    }

                    wait = _writeWait = new(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                await WaitAsync(wait, cancellation);
            }
            while (true);
        }
        finally
        {
            Leave(ref _writing);
        }
    }

    public void CloseWriter()
    {
        if (!_writerClosed)
        {
            _writerClosed = true;
            Wake(ref _writeWait);
            if (!_isSevered)
            {
                Launch(model.Now + link.TransitTime(model.Random), null);
            }
        }
    }

    public void CloseReader()
    {
        if (!_readerClosed)
        {
            _readerClosed = true;
            Wake(ref _readWait);
            if (_arrived.Count > 0)
            {
                Refuse();
            }

            Drop();
        }
    }

    /// <summary>Ends the writer's use of the pipe.</summary>
    public void FailWriter(string message)
    {
        _writeFailure ??= new NetworkException(NetworkError.Closed, message);
        Wake(ref _writeWait);
    }

    /// <summary>Ends the reader's use of the pipe at once, whatever is on its way.</summary>
    public void FailReader(string message)
    {
        _readFailure ??= new NetworkException(NetworkError.Closed, message);
        Wake(ref _readWait);
    }

    /// <summary>Nothing arrives any more, not even an end.</summary>
    public void Sever()
    {
        _isSevered = true;
        _timer?.Dispose();
        _timer = null;
    }

    /// <summary>The link works again: what was due arrives at the earliest then.</summary>
    public void Resume(TimeSpan earliest)
    {
        _isStalled = false;
        for (int i = _travelling.Count; i > 0; i--)
        {
            (TimeSpan arrival, byte[]? bytes) = _travelling.Dequeue();
            _travelling.Enqueue((arrival > earliest ? arrival : earliest, bytes));
        }

        _lastArrival = _lastArrival > earliest ? _lastArrival : earliest;
        Deliver(model.Now);
    }

    public void Dispose() => Sever();

    private static async ValueTask WaitAsync(TaskCompletionSource wait, CancellationToken cancellation)
    {
        using (cancellation.UnsafeRegister(static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), wait))
        {
            await wait.Task;
        }
    }

    private static void Wake(ref TaskCompletionSource? wait)
    {
        wait?.TrySetResult();
        wait = null;
    }

    private static void ThrowIf(bool closed, NetworkException? failure)
    {
        if (closed || failure is not null)
        {
            throw failure is null
                ? new NetworkException(NetworkError.Closed, "The connection was closed on this side.")
                : new NetworkException(failure.Error, failure.Message);
        }
    }

    private void Enter(ref bool busy)
    {
        lock (Gate)
        {
            if (busy)
            {
                throw new InvalidOperationException("Only one read and one write may be under way on a connection.");
            }

            busy = true;
        }
    }

    private void Leave(ref bool busy)
    {
        lock (Gate)
        {
            busy = false;
        }
    }

    /// <returns>What did not find room.</returns>
    private ReadOnlyMemory<byte> Send(ReadOnlyMemory<byte> source)
    {
        while (!source.IsEmpty && _held < link.Properties.BufferBytes)
        {
            int take = Math.Min(Math.Min(source.Length, ChunkBytes), link.Properties.BufferBytes - _held);
            _held += take;
            Launch(link.ArrivalOf(take, model.Now, model.Random), source[..take].ToArray());
            source = source[take..];
            if (_isSevered)
            {
                WrittenWhileSevered?.Invoke();
            }
        }

        return source;
    }

    private void Launch(TimeSpan arrival, byte[]? bytes)
    {
        _lastArrival = arrival > _lastArrival ? arrival : _lastArrival;
        _travelling.Enqueue((_lastArrival, bytes));
        Deliver(model.Now);
    }

    private void Deliver(TimeSpan now)
    {
        while (!_isSevered && !_isStalled && _travelling.TryPeek(out (TimeSpan Arrival, byte[]? Bytes) next))
        {
            if (next.Arrival > now)
            {
                Arm(next.Arrival, now);
                return;
            }

            if (!link.IsOpen)
            {
                _isStalled = true;
                link.Stall(this);
                return;
            }

            _travelling.Dequeue();
            Arrive(next.Bytes);
        }
    }

    private void Arrive(byte[]? bytes)
    {
        if (bytes is null)
        {
            _hasEnded = true;
        }
        else if (_readerClosed)
        {
            _held -= bytes.Length;
            Refuse();
        }
        else
        {
            link.DeliveredBytes += bytes.Length;
            _arrived.Enqueue(bytes);
        }

        Wake(ref _readWait);
    }

    private void Arm(TimeSpan arrival, TimeSpan now)
    {
        if (_armed == arrival)
        {
            return;
        }

        _armed = arrival;
        if (_timer is null)
        {
            _timer = model.Time.CreateTimer(static state => ((ModelledPipe)state!).OnTimer(), this, arrival - now, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer.Change(arrival - now, Timeout.InfiniteTimeSpan);
        }
    }

    private void OnTimer()
    {
        lock (Gate)
        {
            // A clock with coarse timers may be a little early; what the timer was armed for is due all the same.
            TimeSpan now = _armed > model.Now ? _armed.Value : model.Now;
            _armed = null;
            Deliver(now);
        }
    }

    private int Take(Span<byte> destination)
    {
        int taken = 0;
        while (taken < destination.Length && _arrived.TryPeek(out byte[]? head))
        {
            int step = Math.Min(destination.Length - taken, head.Length - _headOffset);
            head.AsSpan(_headOffset, step).CopyTo(destination[taken..]);
            (taken, _headOffset) = (taken + step, _headOffset + step);
            if (_headOffset == head.Length)
            {
                _arrived.Dequeue();
                _headOffset = 0;
            }
        }

        _held -= taken;
        if (_held <= link.Properties.BufferBytes / 2)
        {
            Wake(ref _writeWait);
        }

        return taken;
    }

    private void Drop()
    {
        _held -= _arrived.Sum(static bytes => bytes.Length) - _headOffset;
        _headOffset = 0;
        _arrived.Clear();
    }

    /// <summary>Tells the writer that nobody reads, as soon as that can have travelled back.</summary>
    private void Refuse() => model.After(reverse.Properties.Latency, () => FailWriter("The other side no longer reads."));
}
