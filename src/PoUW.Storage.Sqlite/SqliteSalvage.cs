using PoUW.Core.Storage;

namespace PoUW.Storage.Sqlite;

/// <summary>Opens damaged database files, for repair.</summary>
public static class SqliteSalvage
{
    /// <summary>
    /// Opens what can still be opened: a file that lacks acknowledged batches too, and one that cannot be written for reading only. What is
    /// read from it must be checked by whoever reads it.
    /// </summary>
    /// <exception cref="SqliteStoreException">Another process has it open, newer software wrote it, or nothing can be read.</exception>
    public static IKeyValueStore Open(string path)
    {
        try
        {
            return new SqliteKeyValueStore(path, new SqliteStoreOptions { AcceptLostBatches = true });
        }
        catch (SqliteStoreException failure) when (failure.Failure is not (StoreFailure.Locked or StoreFailure.NewerVersion))
        {
            // Without a writer's clean-up some files can be read that otherwise cannot; if this one cannot either, it says why.
            return new SqliteKeyValueStore(path, new SqliteStoreOptions { AcceptLostBatches = true, ReadOnly = true });
        }
    }
}
