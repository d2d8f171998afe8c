namespace PoUW.Core.Storage;

/// <summary>
/// An ordered map of byte strings that survives the process. Keys are compared as unsigned bytes. All members may be called from any
/// thread; a batch is applied as one atomic step, in the order of its operations, and is durable when <see cref="Apply"/> returns.
/// The store is trusted: it is the node's own disk. Nothing is called back.
/// </summary>
public interface IKeyValueStore : IDisposable
{
    /// <summary>The value under a key, or null. The caller owns the array.</summary>
    byte[]? Get(ReadOnlySpan<byte> key);

    /// <summary>Applies all operations of the batch, or none.</summary>
    void Apply(WriteBatch batch);

    /// <summary>All pairs whose key starts with <paramref name="prefix"/>, in key order, as they were when the call was made.</summary>
    IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> prefix);
}
