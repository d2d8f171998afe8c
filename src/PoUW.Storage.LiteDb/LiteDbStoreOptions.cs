namespace PoUW.Storage.LiteDb;

/// <summary>How a store on LiteDB behaves.</summary>
public sealed record LiteDbStoreOptions
{
    /// <summary>Most snapshots that may be open at a time.</summary>
    public int MaxSnapshots { get; init; } = 8;

    /// <summary>
    /// Most bytes of former keys and values that the open snapshots keep in memory together. When a batch exceeds it, all snapshots end: their
    /// reads fail with <see cref="Core.Storage.StoreFailure.Unavailable"/>.
    /// </summary>
    public long MaxSnapshotBytes { get; init; } = 256L << 20;
}
