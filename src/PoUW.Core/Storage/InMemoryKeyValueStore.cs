namespace PoUW.Core.Storage;

/// <summary>A store that lives as long as the process, for tests, samples and the simulator. Thread-safe.</summary>
public sealed class InMemoryKeyValueStore : IKeyValueStore
{
    private readonly SortedDictionary<byte[], byte[]> _ordered = new(UnsignedByteOrder.Instance);
    private readonly Lock _gate = new();
    private bool _disposed;

    /// <inheritdoc/>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        byte[] lookup = key.ToArray();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _ordered.TryGetValue(lookup, out byte[]? value) ? [.. value] : null;
        }
    }

    /// <inheritdoc/>
    public void Apply(WriteBatch batch)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach (WriteOperation operation in batch.Operations)
            {
                Write(operation);
            }
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> prefix)
    {
        byte[] start = prefix.ToArray();
        List<KeyValuePair<byte[], byte[]>> found = [];
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            foreach ((byte[] key, byte[] value) in _ordered)
            {
                if (key.AsSpan().StartsWith(start))
                {
                    found.Add(new KeyValuePair<byte[], byte[]>([.. key], [.. value]));
                }
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
        }
    }

    private void Write(WriteOperation operation)
    {
        if (operation.Value is null)
        {
            _ordered.Remove(operation.Key);
        }
        else
        {
            _ordered[[.. operation.Key]] = [.. operation.Value];
        }
    }

    private sealed class UnsignedByteOrder : IComparer<byte[]>
    {
        internal static readonly UnsignedByteOrder Instance = new();

        public int Compare(byte[]? left, byte[]? right) => left.AsSpan().SequenceCompareTo(right);
    }
}
