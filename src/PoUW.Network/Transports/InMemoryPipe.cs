using System.Buffers;
using System.IO.Pipelines;

namespace PoUW.Network.Transports;

/// <summary>
/// One direction of an in-memory connection: bytes are copied in and copied out, at most a fixed number wait in between. A close that
/// meets a read or write under way ends it and lets it finish the pipe's half, since a pipe must not be completed under its user.
/// </summary>
internal sealed class InMemoryPipe(int capacityBytes)
{
    private const int StepBytes = 64 * 1024;

    private readonly Pipe _pipe = new(new PipeOptions(
        pauseWriterThreshold: capacityBytes,
        resumeWriterThreshold: Math.Max(1, capacityBytes / 2),
        minimumSegmentSize: Math.Min(StepBytes, capacityBytes)));

    private readonly Lock _gate = new();
    private bool _reading;
    private bool _readerClosed;
    private bool _writing;
    private bool _writerClosed;

    public async ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation)
    {
        Enter(ref _reading, ref _readerClosed);
        try
        {
            ReadResult result = await _pipe.Reader.ReadAsync(cancellation);
            int count = (int)Math.Min(destination.Length, result.Buffer.Length);
            ReadOnlySequence<byte> taken = result.Buffer.Slice(0, count);
            taken.CopyTo(destination.Span);
            _pipe.Reader.AdvanceTo(taken.End);
            return result.IsCanceled ? throw ClosedHere() : count;
        }
        finally
        {
            if (Leave(ref _reading, ref _readerClosed))
            {
                _pipe.Reader.Complete();
            }
        }
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
    {
        Enter(ref _writing, ref _writerClosed);
        try
        {
            while (!source.IsEmpty)
            {
                int step = Math.Min(source.Length, StepBytes);
                _pipe.Writer.Write(source.Span[..step]);
                source = source[step..];
                FlushResult result = await _pipe.Writer.FlushAsync(cancellation);
                ThrowIfEnded(result);
            }
        }
        finally
        {
            if (Leave(ref _writing, ref _writerClosed))
            {
                _pipe.Writer.Complete();
            }
        }
    }

    public void CloseReader()
    {
        switch (Close(ref _reading, ref _readerClosed))
        {
            case true:
                _pipe.Reader.Complete();
                break;
            case false:
                _pipe.Reader.CancelPendingRead();
                break;
        }
    }

    public void CloseWriter()
    {
        switch (Close(ref _writing, ref _writerClosed))
        {
            case true:
                _pipe.Writer.Complete();
                break;
            case false:
                _pipe.Writer.CancelPendingFlush();
                break;
        }
    }

    private static void ThrowIfEnded(FlushResult result)
    {
        if (result.IsCanceled)
        {
            throw ClosedHere();
        }

        if (result.IsCompleted)
        {
            throw new NetworkException(NetworkError.Closed, "The other side no longer reads.");
        }
    }

    private static NetworkException ClosedHere() => new(NetworkError.Closed, "The connection was closed on this side.");

    private void Enter(ref bool busy, ref bool closed)
    {
        lock (_gate)
        {
            if (closed)
            {
                throw ClosedHere();
            }

            if (busy)
            {
                throw new InvalidOperationException("Only one read and one write may be under way on a connection.");
            }

            busy = true;
        }
    }

    /// <returns>True if the half was closed meanwhile and the caller has to complete it.</returns>
    private bool Leave(ref bool busy, ref bool closed)
    {
        lock (_gate)
        {
            busy = false;
            return closed;
        }
    }

    /// <returns>True: complete the half now. False: its user must be woken and will complete it. Null: closed already.</returns>
    private bool? Close(ref bool busy, ref bool closed)
    {
        lock (_gate)
        {
            if (closed)
            {
                return null;
            }

            closed = true;
            return !busy;
        }
    }
}
