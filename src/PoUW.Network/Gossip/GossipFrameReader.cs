using System.Buffers;
using PoUW.Network.Protobuf;
using PoUW.Network.Streams;

namespace PoUW.Network.Gossip;

/// <summary>
/// Reads RPCs off a stream: a varint, then so many bytes. Memory grows with what has arrived, not with what was announced, and shrinks again after a
/// large RPC. One call at a time.
/// </summary>
internal sealed class GossipFrameReader(IDuplexStream stream, int maxBytes) : IDisposable
{
    private const int SmallBuffer = 4096;
    private const int LargeBuffer = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _start;
    private int _end;

    /// <summary>The next RPC, valid until the next call; null at the end of the stream.</summary>
    /// <exception cref="NetworkException">The stream broke, ended in the middle of an RPC, or announced one that is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellation)
    {
        int length;
        while (!TryReadLength(out length))
        {
            if (!await FillAsync(cancellation))
            {
                return _start == _end ? null : throw new NetworkException(NetworkError.ProtocolViolation, "gossip ended in the middle of an RPC");
            }
        }

        while (_end - _start < length)
        {
            if (!await FillAsync(cancellation))
            {
                throw new NetworkException(NetworkError.ProtocolViolation, "gossip ended in the middle of an RPC");
            }
        }

        int begin = _start;
        _start += length;
        return _buffer.AsMemory(begin, length);
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool TryReadLength(out int length)
    {
        length = 0;
        int read = Varint.TryRead(_buffer.AsSpan(_start, _end - _start), out ulong value);
        if (read == 0)
        {
            return false;
        }

        if (read < 0 || value > (ulong)maxBytes)
        {
            throw new NetworkException(NetworkError.ProtocolViolation, $"an RPC of gossip has at most {maxBytes} bytes");
        }

        _start += read;
        length = (int)value;
        return true;
    }

    private async ValueTask<bool> FillAsync(CancellationToken cancellation)
    {
        MakeRoom();
        int read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
        _end += read;
        return read > 0;
    }

    private void MakeRoom()
    {
        int unread = _end - _start;
        bool isTooLarge = _buffer.Length > LargeBuffer && unread <= SmallBuffer / 2;
        if (_end < _buffer.Length && !isTooLarge)
        {
            return;
        }

        if (unread > _buffer.Length / 2 || isTooLarge)
        {
            byte[] next = ArrayPool<byte>.Shared.Rent(isTooLarge ? SmallBuffer : _buffer.Length * 2);
            _buffer.AsSpan(_start, unread).CopyTo(next);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = next;
        }
        else
        {
            _buffer.AsSpan(_start, unread).CopyTo(_buffer);
        }

        (_start, _end) = (0, unread);
    }
}
