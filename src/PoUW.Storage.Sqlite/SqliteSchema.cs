using System.Globalization;
using Microsoft.Data.Sqlite;
using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>Creates the tables, or checks that an existing file has a schema that this software knows.</summary>
internal static class SqliteSchema
{
    internal static void Prepare(SqliteConnection connection, string path)
    {
        // EXCLUSIVE before WAL: the lock is taken at the first access and held, and the log needs no shared memory.
        Execute(connection, "PRAGMA locking_mode = EXCLUSIVE");
        Execute(connection, "PRAGMA journal_mode = WAL");
        Execute(connection, "PRAGMA synchronous = FULL");
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute(connection, "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID");
        object? stored = Execute(connection, "SELECT value FROM meta WHERE name = 'schema'");
        long version = stored is null ? 0 : Convert.ToInt64(stored, CultureInfo.InvariantCulture);
        if (version > SqliteKeyValueStore.SchemaVersion)
        {
            throw new SqliteStoreException(
                StoreFailure.NewerVersion,
                $"The database '{path}' has schema {version}; this software knows {SqliteKeyValueStore.SchemaVersion}. Update the software.");
        }

        if (version == 0)
        {
            Execute(connection, "CREATE TABLE pairs (key BLOB PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID");
            Execute(connection, $"INSERT INTO meta (name, value) VALUES ('schema', {SqliteKeyValueStore.SchemaVersion})");
        }

        transaction.Commit();
    }

    private static object? Execute(SqliteConnection connection, string text)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = text;
        return command.ExecuteScalar();
    }
}
