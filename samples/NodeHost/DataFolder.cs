using PoUW.Core.Storage;
using PoUW.Sdk.Nodes;

namespace NodeHost;

/// <summary>The folder of a node: its store, which one process may have open.</summary>
internal sealed class DataFolder : IDisposable
{
    private IKeyValueStore? _store;

    private DataFolder(DirectoryInfo folder, IKeyValueStore store) => (Folder, _store) = (folder, store);

    /// <summary>The folder.</summary>
    public DirectoryInfo Folder { get; }

    /// <summary>Opens the folder, or creates it.</summary>
    /// <exception cref="SampleException">It cannot be used: another process has it, or it cannot be written, or the store is damaged.</exception>
    public static DataFolder Open(DirectoryInfo folder)
    {
        try
        {
            folder.Create();
            return new DataFolder(folder, NodeStore.Open(Path.Combine(folder.FullName, "node.db")));
        }
        catch (Exception failure) when (failure is StoreException or IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"--data: the folder '{folder}' cannot be used: {failure.Message}");
        }
    }

    /// <summary>The store, which the caller disposes from now on.</summary>
    public IKeyValueStore TakeStore() => Interlocked.Exchange(ref _store, null) ?? throw new InvalidOperationException("The store was taken.");

    public void Dispose() => Interlocked.Exchange(ref _store, null)?.Dispose();
}
