using PoUW.Core.Storage;
using SQLitePCL;
using static SQLitePCL.raw;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// The tables: creates them, checks that an existing file has a schema that this software knows, and migrates older ones, forwards only.
/// Schema 1: pairs (key, value). Schema 2: pairs (id, key, sum, value) and the seal in meta.
/// </summary>
internal static class SqliteSchema
{
    private const string CreateMeta = "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID";

    // Rows lie in the order in which they were written and only the index is in key order: most keys of a ledger are hashes, and a batch of
    // them touches a page for each row if rows lie in key order (four times the pages to log; docs/decisions/011-storage.md). The sum
    // stands before the value, so that it can be read without the pages of a long value.
    private const string CreatePairs =
        "CREATE TABLE {0} (id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, sum INTEGER NOT NULL, value BLOB NOT NULL)";

    /// <summary>Makes a file usable for writing.</summary>
    /// <returns>Its seal, and whether it was new or migrated just now.</returns>
    internal static (StoreSeal Seal, bool Fresh) Prepare(SqliteDatabase database)
    {
        // The version is read before anything is written: a file of newer software stays untouched.
        long version = Version(database);
        UseLog(database);
        database.Execute("PRAGMA synchronous = FULL");
        database.Execute("PRAGMA fullfsync = ON");
        database.Execute("PRAGMA checkpoint_fullfsync = ON");
        database.Execute("PRAGMA wal_autocheckpoint = 0");
        switch (version)
        {
            case 0:
                InTransaction(database, Create);
                return (ReadSeal(database), true);
            case 1:
                InTransaction(database, MigrateFrom1);
                return (ReadSeal(database), false);
            default:
                return (ReadSeal(database), false);
        }
    }

    /// <summary>Checks that a file can be read as it is.</summary>
    internal static StoreSeal CheckReadable(SqliteDatabase database)
    {
        long version = Version(database);
        return version == SqliteKeyValueStore.SchemaVersion
            ? ReadSeal(database)
            : throw new SqliteStoreException(
                StoreFailure.Unavailable, $"The database '{database.FilePath}' has schema {version}: open it for writing once to bring it up to date.");
    }

    /// <summary>True for a file without tables.</summary>
    internal static bool IsEmpty(SqliteDatabase database) => database.QueryNumber("SELECT count(*) FROM sqlite_schema") == 0;

    internal static StoreSeal ReadSeal(SqliteDatabase database) =>
        new(Mark(database, "sequence"), Mark(database, "pairs"), Mark(database, "digest"));

    /// <summary>The stored version; 0 for a file without tables.</summary>
    private static long Version(SqliteDatabase database)
    {
        if (IsEmpty(database))
        {
            return 0;
        }

        bool isStore = database.QueryNumber("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('meta', 'pairs')") == 2;
        long? version = isStore ? database.QueryNumber("SELECT value FROM meta WHERE name = 'schema'") : null;
        return version switch
        {
            null or < 1 => throw new SqliteStoreException(
                StoreFailure.Corrupt, $"The database '{database.FilePath}' is damaged or not a store: it lacks the tables of one."),
            > SqliteKeyValueStore.SchemaVersion => throw new SqliteStoreException(
                StoreFailure.NewerVersion,
                $"The database '{database.FilePath}' has schema {version}; this software knows {SqliteKeyValueStore.SchemaVersion}. Update the software."),
            { } known => known,
        };
    }

    private static void UseLog(SqliteDatabase database)
    {
        using sqlite3_stmt statement = database.PrepareOnce("PRAGMA journal_mode = WAL");
        if (!database.Step(statement) || sqlite3_column_text(statement, 0).utf8_to_string() != "wal")
        {
            throw new SqliteStoreException(
                StoreFailure.Unavailable, $"The database '{database.FilePath}' cannot have a write-ahead log. Is it on a network drive?");
        }
    }

    private static void Create(SqliteDatabase database)
    {
        database.Execute(CreateMeta);
        database.Execute(string.Format(System.Globalization.CultureInfo.InvariantCulture, CreatePairs, "pairs"));
        SetMark(database, "schema", SqliteKeyValueStore.SchemaVersion);
        WriteSeal(database, default);
    }

    // One transaction, row by row: memory stays bounded by the page cache, and a crash or a full disk leaves schema 1.
    private static void MigrateFrom1(SqliteDatabase database)
    {
        database.Execute(string.Format(System.Globalization.CultureInfo.InvariantCulture, CreatePairs, "migrated"));
        WriteSeal(database, CopyPairs(database));
        database.Execute("DROP TABLE pairs");
        database.Execute("ALTER TABLE migrated RENAME TO pairs");
        SetMark(database, "schema", SqliteKeyValueStore.SchemaVersion);
    }

    private static StoreSeal CopyPairs(SqliteDatabase database)
    {
        using sqlite3_stmt read = database.PrepareOnce("SELECT key, value FROM pairs ORDER BY key");
        using sqlite3_stmt write = database.PrepareOnce("INSERT INTO migrated (key, sum, value) VALUES (?1, ?2, ?3)");
        StoreSeal seal = default;
        while (database.Step(read))
        {
            ReadOnlySpan<byte> key = sqlite3_column_blob(read, 0);
            ReadOnlySpan<byte> value = sqlite3_column_blob(read, 1);
            uint sum = PairChecksum.Of(key, value);
            database.Check(sqlite3_bind_blob(write, 1, key));
            database.Check(sqlite3_bind_int64(write, 2, sum));
            database.Check(sqlite3_bind_blob(write, 3, value));
            database.Run(write);
            seal = seal.With(PairChecksum.Fingerprint(key, sum));
        }

        return seal;
    }

    private static void WriteSeal(SqliteDatabase database, StoreSeal seal)
    {
        SetMark(database, "sequence", unchecked((long)seal.Sequence));
        SetMark(database, "pairs", unchecked((long)seal.Pairs));
        SetMark(database, "digest", unchecked((long)seal.Digest));
    }

    private static void SetMark(SqliteDatabase database, string name, long value) =>
        database.Execute($"INSERT OR REPLACE INTO meta (name, value) VALUES ('{name}', {value})");

    private static ulong Mark(SqliteDatabase database, string name)
    {
        long? value = database.QueryNumber($"SELECT value FROM meta WHERE name = '{name}'");
        return value is { } known
            ? unchecked((ulong)known)
            : throw new SqliteStoreException(StoreFailure.Corrupt, $"The database '{database.FilePath}' is damaged: it lacks the mark '{name}'.");
    }

    private static void InTransaction(SqliteDatabase database, Action<SqliteDatabase> work)
    {
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            work(database);
            database.Execute("COMMIT");
        }
        catch
        {
            database.Rollback();
            throw;
        }
    }
}
