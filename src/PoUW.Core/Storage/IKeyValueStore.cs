namespace PoUW.Core.Storage;

/// <summary>
/// An ordered map of byte strings that survives the process. A batch is applied as one atomic step, in the order of its operations, and
/// is durable when <see cref="Apply"/> returns. The store is trusted: it is the node's own disk. All members may be called from any
/// thread.
/// </summary>
public interface IKeyValueStore : IKeyValueReader, IDisposable
{
    /// <summary>Applies all operations of the batch, or none. The batch may be reused afterwards.</summary>
    /// <exception cref="StoreException">Nothing was written; the store can be used again once the cause is gone.</exception>
    void Apply(WriteBatch batch);

    /// <summary>The store as it is now.</summary>
    IKeyValueSnapshot Snapshot();
}
