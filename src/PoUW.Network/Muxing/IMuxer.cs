namespace PoUW.Network.Muxing;

/// <summary>
/// Streams over one connection. Members may be called from any thread. The peer is not trusted: what it may open and how much it may make
/// this side keep is bounded by the muxer's options.
/// </summary>
public interface IMuxer : IAsyncDisposable
{
    /// <summary>Ends when the connection has ended, with the reason: never fails.</summary>
    Task<MuxerEnd> Completion { get; }

    /// <summary>Streams that are open now, those of both sides.</summary>
    int StreamCount { get; }

    /// <summary>Opens a stream. It may be written at once; whether the other side wants it shows on the first read.</summary>
    /// <exception cref="NetworkException">The connection has ended, or too many streams are open.</exception>
    ValueTask<IMuxedStream> OpenStreamAsync(CancellationToken cancellation);

    /// <summary>The next stream that the other side opened, or null once the connection has ended. One call at a time.</summary>
    ValueTask<IMuxedStream?> AcceptStreamAsync(CancellationToken cancellation);

    /// <summary>Measures the time of a round trip.</summary>
    /// <exception cref="NetworkException">The connection has ended.</exception>
    ValueTask<TimeSpan> PingAsync(CancellationToken cancellation);

    /// <summary>
    /// Tells the other side a code, ends all streams and closes the connection below. What streams had taken to be sent goes before the code as far as
    /// the other side takes it. Waits no longer than the options say. Idempotent: the first code counts.
    /// </summary>
    ValueTask CloseAsync(uint code);
}
