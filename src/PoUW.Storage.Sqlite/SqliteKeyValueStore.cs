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
            _scan = Command("SELECT key, value FROM pairs WHERE key >= $key AND ($end IS NULL OR key < $end) ORDER BY key", "$key", "$end");
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
        foreach (WriteOperation operation in batch.Operations)
        {
            Write(operation, transaction);
        }

        transaction.Commit();
        return null;
    });

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> prefix)
    {
        byte[] start = prefix.ToArray();
        return Run(() =>
        {
            _scan.Parameters[0].Value = start;
            _scan.Parameters[1].Value = (object?)EndOf(start) ?? DBNull.Value;
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
            throw new SqliteStoreException($"The folder of '{path}' cannot be created: {failure.Message}", failure);
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
            throw new SqliteStoreException($"The database '{path}' cannot be opened; is the folder writable? {failure.Message}", failure);
        }
    }

    /// <summary>The first key after all keys with this prefix; null when there is none.</summary>
    private static byte[]? EndOf(byte[] prefix)
    {
        int last = prefix.AsSpan().LastIndexOfAnyExcept((byte)0xFF);
        if (last < 0)
        {
            return null;
        }

        byte[] end = prefix[..(last + 1)];
        end[last]++;
        return end;
    }

    private void Write(WriteOperation operation, SqliteTransaction transaction)
    {
        SqliteCommand command = operation.Value is null ? _delete : _put;
        command.Transaction = transaction;
        command.Parameters[0].Value = operation.Key;
        if (operation.Value is not null)
        {
            command.Parameters[1].Value = operation.Value;
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
        string cause = failure.SqliteErrorCode switch
        {
            5 or 6 => "is in use by another process",
            8 or 14 => "cannot be written; check the folder's permissions",
            11 or 26 => "is damaged or not a database",
            13 => "has no room left on its disk",
            _ => "failed",
        };
        return new SqliteStoreException($"The database '{_path}' {cause}: {failure.Message}", failure);
    }
}
