using PoUW.Core.Validation;
using PoUW.Network.Streams;

namespace PoUW.Network.Muxing;

/// <summary>
/// Reads frames and puts their bytes into the buffers of streams. Never waits for anything but the connection below: windows bound what it has to
/// keep. Runs without the connection's lock and takes it for each frame.
/// </summary>
internal sealed class YamuxReceiver(YamuxSession session, IDuplexStream connection)
{
    private const int BufferBytes = 16 * 1024;

    private readonly YamuxRules _rules = new(session);
    private byte[] _buffer = [];
    private int _start;
    private int _end;
    private long _receivedBytes;

    /// <summary>Bytes that came from the connection below. Any thread.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _receivedBytes);

    private int Buffered => _end - _start;

    /// <summary>Runs until the connection ends. Never throws.</summary>
    public async Task RunAsync()
    {
        _buffer = session.Pool.Rent(BufferBytes);
        try
        {
            await ReadFramesAsync();
        }
        catch (NetworkException failure)
        {
            session.Break(failure.Message);
        }
        catch (Exception failure)
        {
            session.Fail(failure);
        }
        finally
        {
            session.Pool.Return(_buffer);
        }
    }

    private async ValueTask ReadFramesAsync()
    {
        while (await HasHeaderAsync())
        {
            ValidationResult result = YamuxFrameHeader.TryRead(
                _buffer.AsSpan(_start, Buffered), session.Options.MaxReceiveFrameBytes, out YamuxFrameHeader header);
            _start += YamuxFrameHeader.Size;
            string? violation = result.IsValid ? _rules.Take(header, out YamuxStream? stream) : Unreadable(result, out stream);
            if (violation is not null)
            {
                session.Violated(violation);
            }

            if (session.HasEnded)
            {
                await DiscardAsync();
                return;
            }

            if (header.Type == YamuxFrameType.Data)
            {
                await TakePayloadAsync(stream, (int)header.Length);
            }

            _rules.EndFrame(stream, header);
        }

        session.Break("The other side closed the connection.");
    }

    private static string Unreadable(ValidationResult result, out YamuxStream? stream)
    {
        stream = null;
        return result.Message;
    }

    private async ValueTask<bool> HasHeaderAsync()
    {
        while (Buffered < YamuxFrameHeader.Size)
        {
            if (!await FillAsync())
            {
                return false;
            }
        }

        return true;
    }

    private async ValueTask<bool> FillAsync()
    {
        if (Buffered == 0)
        {
            (_start, _end) = (0, 0);
        }
        else if (_buffer.Length - _end < YamuxFrameHeader.Size)
        {
            _buffer.AsSpan(_start, Buffered).CopyTo(_buffer);
            (_start, _end) = (0, Buffered);
        }

        int count = await connection.ReadAsync(_buffer.AsMemory(_end), CancellationToken.None);
        _end += count;
        Interlocked.Add(ref _receivedBytes, count);
        return count > 0;
    }

    private async ValueTask TakePayloadAsync(YamuxStream? stream, int length)
    {
        while (length > 0)
        {
            Memory<byte> room = stream is null ? default : BeginFill(stream, length);
            if (room.IsEmpty)
            {
                stream = null;
            }

            int count = Buffered > 0 || stream is null
                ? await TakeBufferedAsync(room, length)
                : await ReadIntoAsync(stream, room);
            if (count == 0)
            {
                throw new NetworkException(NetworkError.Closed, "The connection ended inside of a frame.");
            }

            length -= count;
            if (stream is not null)
            {
                EndFill(stream, count);
            }
        }
    }

    /// <summary>Copies from the buffer, or drops if there is no room to copy to.</summary>
    private async ValueTask<int> TakeBufferedAsync(Memory<byte> room, int length)
    {
        if (Buffered == 0 && !await FillAsync())
        {
            return 0;
        }

        int count = Math.Min(Buffered, length);
        if (!room.IsEmpty)
        {
            count = Math.Min(count, room.Length);
            _buffer.AsSpan(_start, count).CopyTo(room.Span);
        }

        _start += count;
        return count;
    }

    private async ValueTask<int> ReadIntoAsync(YamuxStream stream, Memory<byte> room)
    {
        int count = 0;
        try
        {
            count = await connection.ReadAsync(room, CancellationToken.None);
            Interlocked.Add(ref _receivedBytes, count);
        }
        finally
        {
            if (count == 0)
            {
                EndFill(stream, 0);
            }
        }

        return count;
    }

    /// <summary>Room for the next bytes of a stream; none if they are to be dropped. A peer pays for what it sends, not for what it announces.</summary>
    private Memory<byte> BeginFill(YamuxStream stream, int length)
    {
        int part = Math.Min(length, ReceiveBuffer.MaxSegmentBytes);
        lock (session.Gate)
        {
            if (stream.Receives.IsClosed)
            {
                return Memory<byte>.Empty;
            }

            if (!session.ReceiveBudget.TryExpect(part))
            {
                stream.ResetForRoom();
                return Memory<byte>.Empty;
            }

            return stream.Receives.Buffer.BeginFill(part);
        }
    }

    private void EndFill(YamuxStream stream, int count)
    {
        lock (session.Gate)
        {
            session.ReceiveBudget.EndExpected();
            if (stream.Receives.Buffer.EndFill(count) && count > 0)
            {
                stream.Receives.Arrived(count);
            }
        }
    }

    private async ValueTask DiscardAsync()
    {
        while (!session.WasEndedByPeer)
        {
            (_start, _end) = (0, 0);
            if (!await FillAsync())
            {
                return;
            }
        }
    }
}
