using PoUW.Core.Validation;

namespace PoUW.Network.Chunks;

/// <summary>Limits of chunks and blobs.</summary>
public sealed record ChunkOptions
{
    /// <summary>The longest chunk, stored, served or fetched; not above the longest response.</summary>
    public int MaxChunkBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>How long one peer may take for one chunk.</summary>
    public TimeSpan ChunkTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest blob that is fetched.</summary>
    public int MaxBlobBytes { get; init; } = 1 << 30;

    /// <summary>Chunks of one blob that are fetched at the same time.</summary>
    public int BlobWindow { get; init; } = 4;

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate() => MaxChunkBytes < 1 || ChunkTimeout <= TimeSpan.Zero || MaxBlobBytes < 1 || BlobWindow < 1
        ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(ChunkOptions), "Every count, size and time is positive.")
        : ValidationResult.Ok;
}
