namespace PoUW.Core.Storage;

/// <summary>
/// A store that lives as long as the process, for tests, samples and the simulator. Reads, batches and snapshots cost O(log n) for n keys;
/// a snapshot shares all memory with the store until that is changed. Thread-safe: threads take turns.
/// </summary>
public sealed class InMemoryKeyValueStore : IKeyValueStore
{
    private readonly Lock _gate = new();
    private readonly SortedTree _tree = new();
    private volatile bool _disposed;

    /// <inheritdoc/>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        byte[]? value;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            value = SortedTree.Find(_tree.Current, key);
        }

        return value?.AsSpan().ToArray();
    }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        List<KeyValuePair<byte[], byte[]>> found = [];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            SortedTree.Scan(_tree.Current, from, end, found, limit);
        }

        return found;
    }

    /// <inheritdoc/>
    public void Apply(WriteBatch batch)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            for (int i = 0; i < batch.Count; i++)
            {
                WriteOperation operation = batch[i];
                if (operation.IsDelete)
                {
                    _tree.Delete(operation.Key);
                }
                else
                {
                    _tree.Put(operation.Key, operation.Value);
                }
            }
        }
    }

    /// <inheritdoc/>
    public IKeyValueSnapshot Snapshot()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new View(this, _tree.Snapshot());
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;

    private sealed class View(InMemoryKeyValueStore store, SortedTree.Node root) : IKeyValueSnapshot
    {
        private volatile SortedTree.Node? _root = root;

        public byte[]? Get(ReadOnlySpan<byte> key) => SortedTree.Find(Root(), key)?.AsSpan().ToArray();

        public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
            List<KeyValuePair<byte[], byte[]>> found = [];
            SortedTree.Scan(Root(), from, end, found, limit);
            return found;
        }

        public void Dispose() => _root = null;

        private SortedTree.Node Root()
        {
            SortedTree.Node? root = _root;
            ObjectDisposedException.ThrowIf(root is null || store._disposed, this);
            return root;
        }
    }
}
