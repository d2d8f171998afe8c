using PoUW.Network.Streams;

namespace PoUW.Network.Tests.Support;

/// <summary>Two ends of a byte stream in memory. At most a fixed number of bytes wait on each way; either way can be broken.</summary>
internal static class DuplexPair
{
    public static (TestDuplex First, TestDuplex Second) Create(int capacityBytes = 256 * 1024)
    {
        TestPipe forth = new(capacityBytes);
        TestPipe back = new(capacityBytes);
        return (new TestDuplex(back, forth), new TestDuplex(forth, back));
    }
}

/// <summary>One end.</summary>
internal sealed class TestDuplex(TestPipe incoming, TestPipe outgoing) : IDuplexStream
{
    /// <summary>Writes of this end, for tests of how much goes into one.</summary>
    public List<int> WriteSizes { get; } = [];

    public bool IsClosed { get; private set; }

    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation) => incoming.ReadAsync(destination, cancellation);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        WriteSizes.Add(source.Length);
        return outgoing.WriteAsync(source, cancellation);
    }

    public ValueTask CloseWritingAsync()
    {
        outgoing.EndWriting();
        return ValueTask.CompletedTask;
    }

    public ValueTask CloseAsync()
    {
        IsClosed = true;
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
}

/// <summary>One way.</summary>
internal sealed class TestPipe(int capacityBytes)
{
    private readonly Lock _gate = new();
    private readonly Queue<byte[]> _waiting = new();
    private TaskCompletionSource? _changed;
    private int _offset;
    private int _length;
    private bool _writerEnded;
    private bool _readerEnded;
    private bool _isBroken;

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

                if (_length > 0)
                {
                    int count = Take(destination.Span);
                    Signal();
                    return count;
                }

                if (_writerEnded)
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
                    _waiting.Enqueue(source[..count].ToArray());
                    _length += count;
                    source = source[count..];
                    Signal();
                    continue;
                }

                changed = Changed();
            }

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

    private int Take(Span<byte> destination)
    {
        int total = 0;
        while (total < destination.Length && _length > 0)
        {
            byte[] first = _waiting.Peek();
            int count = Math.Min(first.Length - _offset, destination.Length - total);
            first.AsSpan(_offset, count).CopyTo(destination[total..]);
            (total, _offset, _length) = (total + count, _offset + count, _length - count);
            if (_offset == first.Length)
            {
                _waiting.Dequeue();
                _offset = 0;
            }
        }

        return total;
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
