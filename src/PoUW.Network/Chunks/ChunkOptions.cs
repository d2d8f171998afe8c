using PoUW.Core.Validation;

namespace PoUW.Network.Chunks;

/// <summary>Limits of chunks and blobs.</summary>
public sealed record ChunkOptions
{
    /// <summary>The longest chunk, stored, served or fetched; not above the longest response.</summary>
    public int MaxChunkBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>How long one peer may take for one chunk, and how long one that is busy is asked again and again.</summary>
    public TimeSpan ChunkTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After this time without the chunk another peer is asked, too.</summary>
    public TimeSpan HedgeDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A peer that is busy is asked again after this time, which doubles up to eight times that.</summary>
    public TimeSpan BusyPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Bytes of chunks a second that one peer is served, and the most at once but for one chunk; it is told to ask later beyond.</summary>
    public long ServedBytesPerSecond { get; init; } = 64 * 1024 * 1024;

    /// <summary>The same, of all peers together.</summary>
    public long TotalServedBytesPerSecond { get; init; } = 256 * 1024 * 1024;

    /// <summary>The longest blob that is fetched.</summary>
    public int MaxBlobBytes { get; init; } = 1 << 30;

    /// <summary>Chunks of one blob that are fetched at the same time.</summary>
    public int BlobWindow { get; init; } = 4;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        long[] counts = [MaxChunkBytes, MaxBlobBytes, BlobWindow, ServedBytesPerSecond, TotalServedBytesPerSecond];
        TimeSpan[] times = [ChunkTimeout, HedgeDelay, BusyPause];
        return counts.All(static count => count > 0) && times.All(static time => time > TimeSpan.Zero)
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.OutOfRange, nameof(ChunkOptions), "Every count, size and time is positive.");
    }
}
