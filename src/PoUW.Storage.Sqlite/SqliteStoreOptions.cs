namespace PoUW.Storage.Sqlite;

/// <summary>How a <see cref="SqliteKeyValueStore"/> is opened. The defaults suit a node.</summary>
public sealed record SqliteStoreOptions
{
    /// <summary>
    /// True to write nothing: no lock, no migration, no clean-up after a crash. Works beside a node that has the store open. Every
    /// <see cref="SqliteKeyValueStore.Apply"/> fails.
    /// </summary>
    public bool ReadOnly { get; init; }

    /// <summary>Bytes of pages that the writer keeps in memory. Each reader keeps up to an eighth of it.</summary>
    public int CacheBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How many reads run beside each other and beside a commit. More wait.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>How many snapshots may be open at once. One more is refused.</summary>
    public int MaxSnapshots { get; init; } = 8;

    /// <summary>The log is copied into the database once this many bytes were written to it.</summary>
    public long CheckpointBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>
    /// The longest log for the sake of a snapshot, in bytes. A log that is longer ends all open snapshots: they fail from then on, so that
    /// one that somebody forgot cannot fill the disk.
    /// </summary>
    public long MaxSnapshotLogBytes { get; init; } = 1L << 30;

    /// <summary>
    /// True to open a store that lacks batches which were acknowledged, as it is, for repair. Otherwise such a store is refused as damaged.
    /// </summary>
    public bool AcceptLostBatches { get; init; }
}
