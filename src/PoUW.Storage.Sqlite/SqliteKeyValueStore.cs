using Microsoft.Data.Sqlite;
using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// The durable store: one SQLite file with a write-ahead log, synced in full at every batch. The file is locked for as long as the store
/// is open, so two processes never write one chain. Thread-safe; one connection serves all threads in turn.
/// </summary>
public sealed class SqliteKeyValueStore : IKeyValueStore
{
    /// <summary>The schema that this software writes.</summary>
    public const long SchemaVersion = 1;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _get;
    private readonly SqliteCommand _put;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _scan;
    private bool _disposed;

    /// <summary>Opens a database file, or creates it together with its folder.</summary>
    /// <exception cref="SqliteStoreException">The folder cannot be written, the file is locked, damaged or of a newer version.</exception>
    public SqliteKeyValueStore(string path)
    {
        _path = Path.GetFullPath(path);
        _connection = Connect(_path);
        try
        {
            SqliteSchema.Prepare(_connection, _path);
            _get = Command("SELECT value FROM pairs WHERE key = $key", "$key");
            _put = Command("INSERT OR REPLACE INTO pairs (key, value) VALUES ($key, $value)", "$key", "$value");
            _delete = Command("DELETE FROM pairs WHERE key = $key", "$key");
            _scan = Command("SELECT key, value FROM pairs WHERE key >= $key AND ($end IS NULL OR key < $end) ORDER BY key LIMIT $limit", "$key", "$end", "$limit");
        }
        catch (SqliteException failure)
        {
            _connection.Dispose();
            throw Explain(failure);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        byte[] lookup = key.ToArray();
        return Run(() =>
        {
            _get.Parameters[0].Value = lookup;
            return _get.ExecuteScalar() as byte[];
        });
    }

    /// <inheritdoc/>
    /// <exception cref="SqliteStoreException">The disk is full or failed; nothing of the batch was written.</exception>
    public void Apply(WriteBatch batch) => Run<object?>(() =>
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        for (int i = 0; i < batch.Count; i++)
        {
            Write(batch[i], transaction);
        }

        transaction.Commit();
        return null;
    });

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        byte[] start = from.ToArray();
        byte[]? stop = end.IsEmpty ? null : end.ToArray();
        return Run(() =>
        {
            _scan.Parameters[0].Value = start;
            _scan.Parameters[1].Value = (object?)stop ?? DBNull.Value;
            _scan.Parameters[2].Value = limit;
            List<KeyValuePair<byte[], byte[]>> found = [];
            using SqliteDataReader reader = _scan.ExecuteReader();
            while (reader.Read())
            {
                found.Add(new KeyValuePair<byte[], byte[]>((byte[])reader[0], (byte[])reader[1]));
            }

            return found;
        });
    }

    /// <inheritdoc/>
    public IKeyValueSnapshot Snapshot()
    {
        InMemoryKeyValueStore copy = new();
        WriteBatch batch = new();
        foreach ((byte[] key, byte[] value) in Scan([], [], int.MaxValue))
        {
            batch.Put(key, value);
        }

        copy.Apply(batch);
        return copy.Snapshot();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _get.Dispose();
            _put.Dispose();
            _delete.Dispose();
            _scan.Dispose();
            _connection.Dispose();
        }
    }

    private static SqliteConnection Connect(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SqliteStoreException(StoreFailure.ReadOnly, $"The folder of '{path}' cannot be created: {failure.Message}", failure);
        }

        // Without pooling, closing the connection really releases the file's lock.
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false, DefaultTimeout = 1 }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch (SqliteException failure)
        {
            connection.Dispose();
            throw new SqliteStoreException(
                StoreFailure.ReadOnly, $"The database '{path}' cannot be opened; is the folder writable? {failure.Message}", failure);
        }
    }

    private void Write(WriteOperation operation, SqliteTransaction transaction)
    {
        SqliteCommand command = operation.IsDelete ? _delete : _put;
        command.Transaction = transaction;
        command.Parameters[0].Value = operation.Key.ToArray();
        if (!operation.IsDelete)
        {
            command.Parameters[1].Value = operation.Value.ToArray();
        }

        command.ExecuteNonQuery();
    }

    private T Run<T>(Func<T> work)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                return work();
            }
            catch (SqliteException failure)
            {
                throw Explain(failure);
            }
        }
    }

    private SqliteCommand Command(string text, params string[] parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = text;
        foreach (string name in parameters)
        {
            command.Parameters.Add(name, SqliteType.Blob);
        }

        command.Prepare();
        return command;
    }

    private SqliteStoreException Explain(SqliteException failure)
    {
        (StoreFailure kind, string cause) = failure.SqliteErrorCode switch
        {
            5 or 6 => (StoreFailure.Locked, "is in use by another process"),
            8 or 14 => (StoreFailure.ReadOnly, "cannot be written; check the folder's permissions"),
            11 or 26 => (StoreFailure.Corrupt, "is damaged or not a database"),
            13 => (StoreFailure.DiskFull, "has no room left on its disk"),
            _ => (StoreFailure.Unavailable, "failed"),
        };
        return new SqliteStoreException(kind, $"The database '{_path}' {cause}: {failure.Message}", failure);
    }
}
