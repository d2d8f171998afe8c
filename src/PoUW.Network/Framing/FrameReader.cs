using PoUW.Core.Validation;
using PoUW.Network.Transports;

namespace PoUW.Network.Framing;

/// <summary>
/// Cuts a byte stream into frames. The caller reads a header, then exactly its payload by <see cref="TryReadAsync"/> and
/// <see cref="TrySkipAsync"/>; large payloads go straight from the connection into the caller's buffer. One caller at a time.
/// </summary>
public sealed class FrameReader
{
    private readonly IConnection _connection;
    private readonly byte[] _buffer;
    private int _start;
    private int _end;

    /// <summary>Reads from a connection through a buffer of <paramref name="bufferBytes"/>.</summary>
    public FrameReader(IConnection connection, int bufferBytes = 32 * 1024)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentOutOfRangeException.ThrowIfLessThan(bufferBytes, FrameHeader.Size);
        _connection = connection;
        _buffer = new byte[bufferBytes];
    }

    /// <summary>Reads the next header.</summary>
    /// <param name="maxLength">The longest payload that is taken, in bytes.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="NetworkException">The connection broke or was closed on this side.</exception>
    public async ValueTask<FrameReadResult> ReadHeaderAsync(int maxLength, CancellationToken cancellation)
    {
        while (_end - _start < FrameHeader.Size)
        {
            if (!await FillAsync(cancellation))
            {
                bool clean = _start == _end;
                ValidationResult found = clean
                    ? ValidationResult.Ok
                    : ValidationResult.Fail(ValidationCode.Malformed, "Header", "The stream ended inside a header.");
                return new FrameReadResult(found, clean, default);
            }
        }

        ValidationResult result = FrameHeader.TryRead(_buffer.AsSpan(_start, FrameHeader.Size), maxLength, out FrameHeader header);
        _start += FrameHeader.Size;
        return new FrameReadResult(result, false, header);
    }

    /// <summary>Fills the destination with payload bytes.</summary>
    /// <returns>False if the stream ended first.</returns>
    /// <exception cref="NetworkException">The connection broke or was closed on this side.</exception>
    public async ValueTask<bool> TryReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        while (!destination.IsEmpty)
        {
            int count = TakeBuffered(destination.Span);
            if (count == 0 && destination.Length >= _buffer.Length)
            {
                count = await _connection.ReadAsync(destination, cancellation);
                if (count == 0)
                {
                    return false;
                }
            }
            else if (count == 0 && !await FillAsync(cancellation))
            {
                return false;
            }

            destination = destination[count..];
        }

        return true;
    }

    /// <summary>Drops payload bytes.</summary>
    /// <returns>False if the stream ended first.</returns>
    /// <exception cref="NetworkException">The connection broke or was closed on this side.</exception>
    public async ValueTask<bool> TrySkipAsync(int count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            int step = Math.Min(count, _end - _start);
            _start += step;
            count -= step;
            if (count > 0 && !await FillAsync(cancellation))
            {
                return false;
            }
        }

        return true;
    }

    private int TakeBuffered(Span<byte> destination)
    {
        int count = Math.Min(destination.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(destination);
        _start += count;
        return count;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        int kept = _end - _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
            _start = 0;
            _end = kept;
        }

        int count = await _connection.ReadAsync(_buffer.AsMemory(kept), cancellation);
        _end += count;
        return count > 0;
    }
}
