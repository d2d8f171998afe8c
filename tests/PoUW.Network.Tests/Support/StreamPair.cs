using System.IO.Pipelines;
using PoUW.Network.Streams;

namespace PoUW.Network.Tests.Support;

/// <summary>Two ends of one duplex stream in memory, without any transport.</summary>
internal static class StreamPair
{
    /// <param name="maxRead">The most bytes that one read gives, to cut messages anywhere.</param>
    /// <param name="capacity">Bytes that wait for the reader before a write waits.</param>
    public static (PipeStream Dialer, PipeStream Listener) Create(int maxRead = int.MaxValue, int capacity = 1 << 20)
    {
        Pipe there = new(OptionsOf(capacity));
        Pipe back = new(OptionsOf(capacity));
        return (new PipeStream(back.Reader, there.Writer, maxRead), new PipeStream(there.Reader, back.Writer, maxRead));
    }

    private static PipeOptions OptionsOf(int capacity) => new(pauseWriterThreshold: capacity, resumeWriterThreshold: capacity / 2);
}

/// <summary>One end.</summary>
internal sealed class PipeStream(PipeReader reader, PipeWriter writer, int maxRead) : IDuplexStream
{
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _closing = new();
    private int _reads;
    private int _writes;

    /// <summary>Completes once this end is closed.</summary>
    public Task Closed => _closed.Task;

    public int Reads => _reads;

    public int Writes => _writes;

    /// <summary>The position of a written byte that arrives changed; none if negative.</summary>
    public int Corrupted { get; set; } = -1;

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _reads);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        try
        {
            ReadResult result = await reader.ReadAsync(either.Token);
            int count = (int)Math.Min(Math.Min(destination.Length, maxRead), result.Buffer.Length);
            System.Buffers.BuffersExtensions.CopyTo(result.Buffer.Slice(0, count), destination.Span);
            reader.AdvanceTo(result.Buffer.GetPosition(count));
            return count;
        }
        catch (Exception failure) when (_closing.IsCancellationRequested && failure is OperationCanceledException or InvalidOperationException)
        {
            throw new NetworkException(NetworkError.Closed, "Closed here.", failure);
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _writes);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _closing.Token);
        try
        {
            FlushResult result = await writer.WriteAsync(Corrupt(source), either.Token);
            if (result.IsCompleted)
            {
                throw new NetworkException(NetworkError.Closed, "Nobody reads.");
            }
        }
        catch (Exception failure) when (_closing.IsCancellationRequested && failure is OperationCanceledException or InvalidOperationException)
        {
            throw new NetworkException(NetworkError.Closed, "Closed here.", failure);
        }
    }

    public ValueTask CloseWritingAsync() => writer.CompleteAsync();

    public async ValueTask CloseAsync()
    {
        if (_closed.TrySetResult())
        {
            await _closing.CancelAsync();
            await writer.CompleteAsync();
            await reader.CompleteAsync();
        }
    }

    public ValueTask DisposeAsync() => CloseAsync();

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
