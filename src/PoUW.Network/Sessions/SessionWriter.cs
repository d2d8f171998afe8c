using System.Buffers;
using PoUW.Network.Framing;
using PoUW.Network.Messaging;
using PoUW.Network.Transports;

namespace PoUW.Network.Sessions;

/// <summary>
/// Sends the frames of an outbox. Short frames share one write; long ones go out without being copied. When the session closes, a write
/// that waits for the peer is given up, and the reason is sent only if the transport takes it at once: closing never waits for a peer
/// that does not read.
/// </summary>
internal sealed class SessionWriter(IConnection connection, Outbox outbox, SeenCache known, NetworkCounters counters)
{
    private const int ScratchBytes = 64 * 1024;

    private readonly CancellationTokenSource _giveUp = new();
    private OutboundFrame? _last;
    private int _waiting;
    private int _closing;

    /// <summary>Runs until the outbox is completed.</summary>
    /// <exception cref="NetworkException">The connection broke.</exception>
    public async Task RunAsync()
    {
        byte[] scratch = ArrayPool<byte>.Shared.Rent(ScratchBytes);
        try
        {
            while (await outbox.WaitToTakeAsync())
            {
                await DrainAsync(scratch);
            }

            if (_last is not null)
            {
                await WriteAsync(_last.ToArray());
            }

            await connection.CloseWritingAsync();
        }
        catch (OperationCanceledException) when (_giveUp.IsCancellationRequested)
        {
            // The peer did not read while the session closed: it learns of the end by the end of the stream.
            await connection.CloseWritingAsync();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    /// <summary>Drops what waits, sends a last frame if that is possible without waiting, and ends <see cref="RunAsync"/>.</summary>
    public void Close(OutboundFrame? last)
    {
        _last = last;
        Interlocked.Exchange(ref _closing, 1);
        outbox.Complete();
        if (Interlocked.CompareExchange(ref _waiting, 0, 0) == 1)
        {
            _giveUp.Cancel();
        }
    }

    private async ValueTask DrainAsync(byte[] scratch)
    {
        int used = 0;
        while (outbox.TryTake(out OutboundFrame? frame))
        {
            if (frame!.MessageId is { } id && known.Contains(id))
            {
                // The peer sent us the same message while it waited here.
                continue;
            }

            if (frame.Length > scratch.Length - used && used > 0)
            {
                await WriteAsync(scratch.AsMemory(0, used));
                used = 0;
            }

            if (frame.Length <= scratch.Length)
            {
                used += Copy(frame, scratch.AsSpan(used));
                continue;
            }

            await WriteAsync(frame.Prefix);
            await WriteAsync(frame.Payload);
        }

        if (used > 0)
        {
            await WriteAsync(scratch.AsMemory(0, used));
        }
    }

    private static int Copy(OutboundFrame frame, Span<byte> destination)
    {
        frame.Prefix.CopyTo(destination);
        frame.Payload.Span.CopyTo(destination[frame.Prefix.Length..]);
        return frame.Length;
    }

    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        ValueTask write = connection.WriteAsync(bytes, _giveUp.Token);
        if (!write.IsCompleted)
        {
            Interlocked.Exchange(ref _waiting, 1);
            if (Interlocked.CompareExchange(ref _closing, 0, 0) == 1)
            {
                _giveUp.Cancel();
            }
        }

        await write;
        Interlocked.Exchange(ref _waiting, 0);
        Interlocked.Add(ref counters.BytesSent, bytes.Length);
    }
}
