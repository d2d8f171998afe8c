namespace PoUW.Network.Streams;

/// <summary>
/// Bytes both ways: what a transport, a secure channel and a stream of a muxer all are, so that each layer can stand on any other.
/// One read and one write may be under way at the same time; closing may happen at any time, from any thread. Bytes are carried in order,
/// message borders are not. A write waits while the other side does not read (back-pressure).
/// </summary>
public interface IDuplexStream : IAsyncDisposable
{
    /// <summary>
    /// Reads at least one byte, or returns 0 at the end: the other side closed, or closed its writing half, and all it wrote was read.
    /// </summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is empty.</exception>
    /// <exception cref="NetworkException">Closed on this side, or broken.</exception>
    ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation);

    /// <summary>
    /// Writes all bytes. They are copied or sent before the call completes, so the caller may reuse its buffer then. A write that is
    /// cancelled may have sent a part; the stream is of no more use then.
    /// </summary>
    /// <exception cref="NetworkException">Closed on this side, no longer read by the other side, or broken.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation);

    /// <summary>Half-closes: the other side reads what was written, then the end; this side may go on reading. Idempotent.</summary>
    ValueTask CloseWritingAsync();

    /// <summary>
    /// Closes both halves; a read or write under way here fails. What was written before still reaches the other side if this side
    /// had nothing left to read. Idempotent, and the same as disposing.
    /// </summary>
    ValueTask CloseAsync();
}
