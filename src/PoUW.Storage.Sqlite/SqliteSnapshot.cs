using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>A connection that keeps a read transaction open. Thread-safe: one thread reads at a time.</summary>
internal sealed class SqliteSnapshot : IKeyValueSnapshot
{
    private readonly Lock _gate = new();
    private readonly SnapshotPool _pool;
    private PairReader? _reader;
    private string? _ended;

    internal SqliteSnapshot(SnapshotPool pool, PairReader reader)
    {
        _pool = pool;
        _reader = reader;
    }

    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        lock (_gate)
        {
            return Reader().Get(key);
        }
    }

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        lock (_gate)
        {
            return Reader().Scan(from, end, limit);
        }
    }

    public void Dispose() => End(null);

    /// <summary>Ends the snapshot; reads fail from then on.</summary>
    /// <param name="reason">What reads are told; null if it was disposed of.</param>
    internal void End(string? reason)
    {
        lock (_gate)
        {
            if (_reader is null)
            {
                return;
            }

            _ended = reason;
            PairReader reader = _reader;
            _reader = null;
            _pool.Return(this, reader);
        }
    }

    private PairReader Reader()
    {
        if (_ended is not null)
        {
            throw new SqliteStoreException(StoreFailure.Unavailable, _ended);
        }

        ObjectDisposedException.ThrowIf(_reader is null, this);
        return _reader;
    }
}
