using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>The open snapshots of a store, a bounded number, and connections for the next ones. Thread-safe.</summary>
internal sealed class SnapshotPool(string path, int most, Func<PairReader> open, object owner) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<SqliteSnapshot> _open = [];
    private readonly Stack<PairReader> _idle = new();
    private bool _closed;

    /// <summary>True if a snapshot is open.</summary>
    internal bool Any
    {
        get
        {
            lock (_gate)
            {
                return _open.Count > 0;
            }
        }
    }

    /// <summary>The store as it is now.</summary>
    internal SqliteSnapshot Take()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, owner);
            if (_open.Count == most)
            {
                throw new SqliteStoreException(
                    StoreFailure.Unavailable, $"The database '{path}' has {most} snapshots open, which is the most it may have: dispose of one first.");
            }

            PairReader reader = _idle.TryPop(out PairReader? idle) ? idle : open();
            try
            {
                reader.Pin();
            }
            catch
            {
                reader.Dispose();
                throw;
            }

            SqliteSnapshot snapshot = new(this, reader);
            _open.Add(snapshot);
            return snapshot;
        }
    }

    /// <summary>Called by a snapshot that ends, once.</summary>
    internal void Return(SqliteSnapshot snapshot, PairReader reader)
    {
        // Not under the lock: the writer may be waiting for this log to become free.
        reader.Abandon();
        lock (_gate)
        {
            _open.Remove(snapshot);
            if (_closed)
            {
                reader.Dispose();
            }
            else
            {
                _idle.Push(reader);
            }
        }
    }

    /// <summary>Ends all snapshots.</summary>
    /// <param name="reason">What their readers are told; null if the store is closed.</param>
    internal void EndAll(string? reason)
    {
        SqliteSnapshot[] snapshots;
        lock (_gate)
        {
            snapshots = [.. _open];
        }

        foreach (SqliteSnapshot snapshot in snapshots)
        {
            snapshot.End(reason);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            while (_idle.TryPop(out PairReader? reader))
            {
                reader.Dispose();
            }
        }

        EndAll(null);
    }
}
