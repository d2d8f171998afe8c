namespace PoUW.Core.Orphans;

/// <summary>How many blocks without parent a node keeps, and for how long. Bytes are those of the encodings.</summary>
public sealed record OrphanPoolOptions
{
    /// <summary>The node's name, the tag "node" of the pool's measurements.</summary>
    public string Node { get; init; } = "node";

    /// <summary>Blocks of all sources; at least 1.</summary>
    public int MaxBlocks { get; init; } = 256;

    /// <summary>Bytes of all sources; at least 1.</summary>
    public long MaxBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Blocks of one source; at least 1.</summary>
    public int MaxBlocksPerSource { get; init; } = 32;

    /// <summary>Bytes of one source; at least 1.</summary>
    public long MaxBytesPerSource { get; init; } = 16 * 1024 * 1024;

    /// <summary>After this time without its parent a block is forgotten. Positive.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromMinutes(1);
}
