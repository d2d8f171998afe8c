using PoUW.Network.Streams;

namespace PoUW.Network.Tests.Support;

/// <summary>Two ends of a byte stream in memory. At most a fixed number of bytes wait on each way; either way can be broken.</summary>
internal static class DuplexPair
{
    /// <param name="capacityBytes">The bytes that wait on each way before a write waits.</param>
    /// <param name="time">The clock of the latency; null for none.</param>
    /// <param name="latency">How long bytes are on their way.</param>
    /// <param name="maxRead">The most bytes that one read gives, to cut messages anywhere.</param>
    public static (TestDuplex First, TestDuplex Second) Create(
        int capacityBytes = 256 * 1024, TimeProvider? time = null, TimeSpan latency = default, int maxRead = int.MaxValue)
    {
        TestPipe forth = new(capacityBytes, time, latency);
        TestPipe back = new(capacityBytes, time, latency);
        return (new TestDuplex(back, forth, maxRead), new TestDuplex(forth, back, maxRead));
    }
}

/// <summary>One end.</summary>
internal sealed class TestDuplex(TestPipe incoming, TestPipe outgoing, int maxRead) : IDuplexStream
{
    private volatile bool _isClosed;

    /// <summary>Writes of this end.</summary>
    public int Writes { get; private set; }

    /// <summary>The longest of them.</summary>
    public int LongestWrite { get; private set; }

    /// <summary>The bytes of all, in a number that depends on each and on the order.</summary>
    public ulong Trace { get; private set; }

    public bool IsClosed => _isClosed;

    /// <summary>Ends when a write of this end has to wait, since nobody reads.</summary>
    public Task WriteWaits => outgoing.WriteWaits;

    /// <summary>The position of a written byte that arrives changed; none if negative.</summary>
    public int Corrupted { get; set; } = -1;

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation) =>
        incoming.ReadAsync(destination[..Math.Min(destination.Length, maxRead)], cancellation);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        Writes++;
        LongestWrite = Math.Max(LongestWrite, source.Length);
        foreach (byte value in source.Span)
        {
            Trace = unchecked((Trace * 0x100000001b3) ^ value);
        }

        return outgoing.WriteAsync(Corrupt(source), cancellation);
    }

    public ValueTask CloseWritingAsync()
    {
        outgoing.EndWriting();
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync()
    {
        _isClosed = true;
        outgoing.EndWriting();
        incoming.EndReading();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>The connection is cut: both ends fail at once.</summary>
    public void Break()
    {
        incoming.Break();
        outgoing.Break();
    }

    private ReadOnlyMemory<byte> Corrupt(ReadOnlyMemory<byte> source)
    {
        int at = Corrupted;
        Corrupted -= at < 0 ? 0 : source.Length;
        if (at < 0 || at >= source.Length)
        {
            return source;
        }

        byte[] changed = source.ToArray();
        changed[at] ^= 1;
        return changed;
    }
}

/// <summary>One way: a ring of bytes; with a latency, bytes are on their way for that long.</summary>
internal sealed class TestPipe(int capacityBytes, TimeProvider? time = null, TimeSpan latency = default)
{
    private readonly Lock _gate = new();
    private readonly byte[] _ring = new byte[capacityBytes];
    private readonly TaskCompletionSource _writeWaits = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _changed;
    private int _start;
    private int _length;
    private int _readable;
    private bool _writerEnded;
    private bool _readerEnded;
    private bool _isBroken;

    public Task WriteWaits => _writeWaits.Task;

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_readerEnded || _isBroken)
                {
                    throw new NetworkException(NetworkError.Closed, "The pipe is closed for reading.");
                }

                if (_readable > 0)
                {
                    int count = Take(destination.Span);
                    Signal();
                    return count;
                }

                if (_writerEnded && _length == 0)
                {
                    return 0;
                }

                changed = Changed();
            }

            await changed.WaitAsync(cancellation);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        while (!source.IsEmpty)
        {
            Task changed;
            lock (_gate)
            {
                if (_readerEnded || _writerEnded || _isBroken)
                {
                    throw new NetworkException(NetworkError.Closed, "The pipe is closed for writing.");
                }

                int count = Math.Min(source.Length, capacityBytes - _length);
                if (count > 0)
                {
                    Put(source.Span[..count]);
                    source = source[count..];
                    continue;
                }

                changed = Changed();
            }

            _writeWaits.TrySetResult();
            await changed.WaitAsync(cancellation);
        }
    }

    public void EndWriting() => Change(ref _writerEnded);

    public void EndReading() => Change(ref _readerEnded);

    public void Break() => Change(ref _isBroken);

    private void Change(ref bool flag)
    {
        lock (_gate)
        {
            flag = true;
            Signal();
        }
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        int end = (_start + _length) % capacityBytes;
        int first = Math.Min(bytes.Length, capacityBytes - end);
        bytes[..first].CopyTo(_ring.AsSpan(end));
        bytes[first..].CopyTo(_ring);
        _length += bytes.Length;
        if (time is null)
        {
            Arrive(bytes.Length);
            return;
        }

        int count = bytes.Length;
        time.CreateTimer(_ => Arrive(count), null, latency, Timeout.InfiniteTimeSpan);
    }

    private void Arrive(int count)
    {
        lock (_gate)
        {
            _readable += count;
            Signal();
        }
    }

    private int Take(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, _readable);
        int first = Math.Min(count, capacityBytes - _start);
        _ring.AsSpan(_start, first).CopyTo(destination);
        _ring.AsSpan(0, count - first).CopyTo(destination[first..]);
        (_start, _length, _readable) = ((_start + count) % capacityBytes, _length - count, _readable - count);
        return count;
    }

    private Task Changed()
    {
        _changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return _changed.Task;
    }

    private void Signal()
    {
        _changed?.TrySetResult();
        _changed = null;
    }
}
