using PoUW.Core.Archive;
using PoUW.Core.Storage;
using PoUW.Storage.Sqlite;

namespace PoUW.Sdk.Nodes;

/// <summary>Opens the store files of nodes.</summary>
public static class NodeStore
{
    /// <summary>Ends a repair that was interrupted, and opens the store, or creates it.</summary>
    /// <param name="path">The database file.</param>
    /// <exception cref="StoreException">The store cannot be opened; the message says what to do.</exception>
    /// <exception cref="IOException">An interrupted repair cannot be ended.</exception>
    public static IKeyValueStore Open(string path)
    {
        StoreRepair.Resume(path);
        return new SqliteKeyValueStore(path);
    }
}
