using PoUW.Core.Storage;
using SQLitePCL;
using static SQLitePCL.raw;

namespace PoUW.Storage.Sqlite;

/// <summary>Reads pairs over one connection and checks each of them. Used by one thread at a time.</summary>
internal sealed class PairReader : IDisposable
{
    private const long NoStamp = -1;

    private readonly SqliteDatabase _database;
    private readonly bool _ownsDatabase;
    private readonly sqlite3_stmt _get;
    private readonly sqlite3_stmt _scan;
    private readonly sqlite3_stmt _scanUntil;
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _end;
    private readonly sqlite3_stmt _pin;
    private long _stamp = NoStamp;

    internal PairReader(SqliteDatabase database, bool ownsDatabase)
    {
        _database = database;
        _ownsDatabase = ownsDatabase;
        _get = database.Prepare("SELECT sum, value FROM pairs WHERE key = ?1");
        _scan = database.Prepare("SELECT key, sum, value FROM pairs WHERE key >= ?1 ORDER BY key");
        _scanUntil = database.Prepare("SELECT key, sum, value FROM pairs WHERE key >= ?1 AND key < ?2 ORDER BY key");
        _begin = database.Prepare("BEGIN");
        _end = database.Prepare("COMMIT");
        _pin = database.Prepare("SELECT value FROM meta LIMIT 1");
    }

    /// <summary>Sees what is committed now; cheap if nothing was since the last call.</summary>
    /// <param name="stamp">The clock's number, read before this call.</param>
    internal void Refresh(long stamp)
    {
        if (_stamp == stamp)
        {
            return;
        }

        End();
        _database.Run(_begin);
        _stamp = stamp % 2 == 0 ? stamp : NoStamp;
    }

    /// <summary>Sees from now on what is committed now, until <see cref="End"/>.</summary>
    internal void Pin()
    {
        End();
        _database.Run(_begin);

        // A transaction sees what is committed at its first read.
        _database.Run(_pin);
    }

    /// <summary>Lets go of what it sees, so that the log can be reused.</summary>
    internal void End()
    {
        _stamp = NoStamp;
        if (_database.InTransaction)
        {
            _database.Run(_end);
        }
    }

    internal byte[]? Get(ReadOnlySpan<byte> key)
    {
        try
        {
            _database.Check(sqlite3_bind_blob(_get, 1, key));
            return _database.Step(_get) ? Value(_get, key, sumColumn: 0) : null;
        }
        finally
        {
            sqlite3_reset(_get);
        }
    }

    internal List<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        sqlite3_stmt scan = end.IsEmpty ? _scan : _scanUntil;
        List<KeyValuePair<byte[], byte[]>> found = [];
        try
        {
            _database.Check(sqlite3_bind_blob(scan, 1, from));
            if (!end.IsEmpty)
            {
                _database.Check(sqlite3_bind_blob(scan, 2, end));
            }

            // Without LIMIT: a statement whose limit is bound anew is compiled anew.
            while (found.Count < limit && _database.Step(scan))
            {
                byte[] key = sqlite3_column_blob(scan, 0).ToArray();
                found.Add(new KeyValuePair<byte[], byte[]>(key, Value(scan, key, sumColumn: 1)));
            }

            return found;
        }
        finally
        {
            sqlite3_reset(scan);
        }
    }

    /// <summary>Ends the transaction after a failure, whatever state it is in.</summary>
    internal void Abandon()
    {
        _stamp = NoStamp;
        _database.Rollback();
    }

    public void Dispose()
    {
        if (_ownsDatabase)
        {
            _database.Dispose();
        }
    }

    private byte[] Value(sqlite3_stmt row, ReadOnlySpan<byte> key, int sumColumn)
    {
        ReadOnlySpan<byte> value = sqlite3_column_blob(row, sumColumn + 1);
        return sqlite3_column_int64(row, sumColumn) == PairChecksum.Of(key, value)
            ? value.ToArray()
            : throw new SqliteStoreException(
                StoreFailure.Corrupt,
                $"The database '{_database.FilePath}' is damaged: the value of key {Convert.ToHexString(key)} does not fit its checksum.");
    }
}
