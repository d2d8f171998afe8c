namespace PoUW.Core.Storage;

/// <summary>An ordered list of writes that a store applies as one atomic step. Not thread-safe.</summary>
public sealed class WriteBatch
{
    private readonly List<WriteOperation> _operations = [];

    /// <summary>The operations in the order in which they were added; a null value deletes the key.</summary>
    public IReadOnlyList<WriteOperation> Operations => _operations;

    /// <summary>Sets a key.</summary>
    public WriteBatch Put(byte[] key, byte[] value)
    {
        _operations.Add(new WriteOperation(key, value));
        return this;
    }

    /// <summary>Removes a key; a key that is absent stays absent.</summary>
    public WriteBatch Delete(byte[] key)
    {
        _operations.Add(new WriteOperation(key, null));
        return this;
    }
}
