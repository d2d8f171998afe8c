using System.Buffers;

namespace PoUW.Network.Streams;

/// <summary>
/// A stream with a read buffer over another one, for protocols that read a few bytes at a time: what one read below brought and the reader did
/// not take waits here for the next one. The buffer comes from the shared pool and goes back when it is empty, so a stream that nobody reads holds none.
/// A read with room for a whole buffer goes straight to the stream below. Writes are not buffered. The layer above must read from this object and
/// not from the one below, or it loses what is buffered. The thread rules are those of <see cref="IDuplexStream"/>.
/// </summary>
public sealed class BufferedDuplexStream : IDuplexStream
{
    /// <summary>Bytes of a buffer if nothing else is asked for.</summary>
    public const int DefaultBufferBytes = 4096;

    private readonly IDuplexStream _below;
    private readonly int _bufferBytes;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private bool _isOwned;

    /// <summary>Puts a buffer over a stream, which it owns from now on.</summary>
    /// <param name="below">The stream.</param>
    /// <param name="bufferBytes">Bytes that one read below asks for at least.</param>
    /// <exception cref="ArgumentOutOfRangeException">Less than a byte.</exception>
    public BufferedDuplexStream(IDuplexStream below, int bufferBytes = DefaultBufferBytes)
    {
        ArgumentNullException.ThrowIfNull(below);
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferBytes, 1);
        (_below, _bufferBytes) = (below, bufferBytes);
    }

    /// <summary>What was read below and not taken yet. For the reader only; valid until the next read.</summary>
    public ReadOnlySpan<byte> Buffered => _buffer.AsSpan(_start, _end - _start);

    /// <inheritdoc/>
    public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        if (destination.IsEmpty)
        {
            throw new ArgumentException("A read needs room for a byte.", nameof(destination));
        }

        if (_end > _start)
        {
            return new ValueTask<int>(Take(destination.Span));
        }

        return destination.Length >= _bufferBytes ? _below.ReadAsync(destination, cancellation) : ReadThroughAsync(destination, cancellation);
    }

    /// <summary>
    /// Reads once below, behind what is buffered, to have more of it at once. A full buffer grows: the caller bounds what it lets wait here.
    /// </summary>
    /// <returns>False at the end of the stream.</returns>
    /// <exception cref="NetworkException">Closed on this side, or broken.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        byte[] buffer = MakeRoom();

        // Until the read is done the buffer is also that of the layer below: after one that failed it is left to the collector, not to the pool.
        _isOwned = false;
        int count = await _below.ReadAsync(buffer.AsMemory(_end), cancellation);
        _isOwned = true;
        _end += count;
        ReleaseIfEmpty();
        return count > 0;
    }

    /// <summary>Drops bytes from the front of <see cref="Buffered"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    public void Skip(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _end - _start);
        _start += count;
        ReleaseIfEmpty();
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) => _below.WriteAsync(source, cancellation);

    /// <inheritdoc/>
    public ValueTask CloseWritingAsync() => _below.CloseWritingAsync();

    /// <inheritdoc/>
    public ValueTask CloseAsync() => _below.CloseAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => CloseAsync();

    private async ValueTask<int> ReadThroughAsync(Memory<byte> destination, CancellationToken cancellation) =>
        await FillAsync(cancellation) ? Take(destination.Span) : 0;

    private int Take(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, _end - _start);
        Buffered[..count].CopyTo(destination);
        Skip(count);
        return count;
    }

    /// <summary>Moves what is buffered to the front of a buffer that has room behind it.</summary>
    private byte[] MakeRoom()
    {
        byte[] buffer = _buffer is not null && (_start > 0 || _end < _buffer.Length)
            ? _buffer
            : ArrayPool<byte>.Shared.Rent(Math.Max(_bufferBytes, (_buffer?.Length ?? 0) * 2));
        int count = _end - _start;
        Buffered.CopyTo(buffer);
        if (buffer != _buffer)
        {
            (_start, _end) = (0, 0);
            ReleaseIfEmpty();
        }

        (_buffer, _start, _end) = (buffer, 0, count);
        return buffer;
    }

    private void ReleaseIfEmpty()
    {
        if (_start < _end || _buffer is null)
        {
            return;
        }

        byte[] buffer = _buffer;
        (_buffer, _start, _end) = (null, 0, 0);
        if (_isOwned)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
