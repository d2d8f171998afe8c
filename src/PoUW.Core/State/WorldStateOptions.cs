namespace PoUW.Core.State;

/// <summary>How much memory the states may use for what they read often. The memory grows with use up to these bounds.</summary>
public sealed record WorldStateOptions
{
    /// <summary>Bytes of tree pages in memory; 0 for none.</summary>
    public long PageCacheBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Bytes of values in memory; 0 for none.</summary>
    public long ValueCacheBytes { get; init; } = 32 * 1024 * 1024;
}
