using PoUW.Core.Storage;
using SQLitePCL;
using static SQLitePCL.raw;

namespace PoUW.Storage.Sqlite;

/// <summary>Writes batches over the one connection that may. Used by one thread at a time.</summary>
internal sealed class PairWriter
{
    private readonly SqliteDatabase _database;
    private readonly CommitClock _clock;
    private readonly BatchOrder _order = new();
    private readonly sqlite3_stmt _begin;
    private readonly sqlite3_stmt _commit;
    private readonly sqlite3_stmt _insert;
    private readonly sqlite3_stmt _update;
    private readonly sqlite3_stmt _delete;
    private readonly sqlite3_stmt _sum;
    private readonly sqlite3_stmt _setMeta;
    private bool _expectsOld;

    internal PairWriter(SqliteDatabase database, StoreSeal seal, CommitClock clock)
    {
        _database = database;
        _clock = clock;
        Seal = seal;
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _insert = database.Prepare("INSERT INTO pairs (key, sum, value) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING");
        _update = database.Prepare("UPDATE pairs SET sum = ?2, value = ?3 WHERE key = ?1");
        _delete = database.Prepare("DELETE FROM pairs WHERE key = ?1");
        _sum = database.Prepare("SELECT sum FROM pairs WHERE key = ?1");
        _setMeta = database.Prepare("UPDATE meta SET value = ?2 WHERE name = ?1");
    }

    /// <summary>The seal of the last batch.</summary>
    internal StoreSeal Seal { get; private set; }

    /// <summary>Applies a batch as one transaction. After a failure nothing of it is there.</summary>
    internal void Apply(WriteBatch batch)
    {
        try
        {
            _database.Run(_begin);
            StoreSeal seal = Seal;
            foreach (int place in _order.Of(batch))
            {
                WriteOperation operation = batch[place];
                seal = operation.IsDelete ? Delete(operation.Key, seal) : Put(operation.Key, operation.Value, seal);
            }

            seal = seal with { Sequence = seal.Sequence + 1 };
            Write(seal);
            Commit();
            Seal = seal;
        }
        catch
        {
            _database.Rollback();
            throw;
        }
        finally
        {
            // They hold copies of the last values, which can be large.
            sqlite3_clear_bindings(_insert);
            sqlite3_clear_bindings(_update);
        }
    }

    private StoreSeal Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, StoreSeal seal)
    {
        uint sum = PairChecksum.Of(key, value);
        StoreSeal after = seal.With(PairChecksum.Fingerprint(key, sum));

        // New keys are found out by inserting them, which costs nothing. Keys of one kind lie together, so the next key is guessed to
        // be like the last one.
        if (!_expectsOld && TryInsert(key, sum, value))
        {
            return after;
        }

        if (OldSum(key) is { } old)
        {
            _expectsOld = true;
            Bind(_update, key, sum, value);
            _database.Run(_update);
            return after.Without(PairChecksum.Fingerprint(key, old));
        }

        _expectsOld = false;
        return TryInsert(key, sum, value) ? after : throw Contradiction(key);
    }

    private StoreSeal Delete(ReadOnlySpan<byte> key, StoreSeal seal)
    {
        if (OldSum(key) is not { } old)
        {
            return seal;
        }

        _database.Check(sqlite3_bind_blob(_delete, 1, key));
        _database.Run(_delete);
        return seal.Without(PairChecksum.Fingerprint(key, old));
    }

    private bool TryInsert(ReadOnlySpan<byte> key, uint sum, ReadOnlySpan<byte> value)
    {
        Bind(_insert, key, sum, value);
        _database.Run(_insert);
        return _database.Changes != 0;
    }

    private uint? OldSum(ReadOnlySpan<byte> key)
    {
        _database.Check(sqlite3_bind_blob(_sum, 1, key));
        uint? sum = _database.Step(_sum) ? unchecked((uint)sqlite3_column_int64(_sum, 0)) : null;
        sqlite3_reset(_sum);
        return sum;
    }

    private void Bind(sqlite3_stmt statement, ReadOnlySpan<byte> key, uint sum, ReadOnlySpan<byte> value)
    {
        _database.Check(sqlite3_bind_blob(statement, 1, key));
        _database.Check(sqlite3_bind_int64(statement, 2, sum));
        _database.Check(sqlite3_bind_blob(statement, 3, value));
    }

    private void Write(StoreSeal seal)
    {
        SetMeta("sequence"u8, seal.Sequence);
        SetMeta("pairs"u8, seal.Pairs);
        SetMeta("digest"u8, seal.Digest);
    }

    private void SetMeta(ReadOnlySpan<byte> name, ulong value)
    {
        _database.Check(sqlite3_bind_text(_setMeta, 1, name));
        _database.Check(sqlite3_bind_int64(_setMeta, 2, unchecked((long)value)));
        _database.Run(_setMeta);
        if (_database.Changes != 1)
        {
            throw new SqliteStoreException(StoreFailure.Corrupt, $"The database '{_database.FilePath}' is damaged: its table of marks is incomplete.");
        }
    }

    private void Commit()
    {
        _clock.Advance();
        try
        {
            _database.Run(_commit);
        }
        finally
        {
            _clock.Advance();
        }
    }

    private SqliteStoreException Contradiction(ReadOnlySpan<byte> key) => new(
        StoreFailure.Corrupt, $"The database '{_database.FilePath}' is damaged: key {Convert.ToHexString(key)} is there and is not.");
}
