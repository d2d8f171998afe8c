using System.Collections.Immutable;

namespace PoUW.Core.Storage;

/// <summary>A store that lives as long as the process, for tests, samples and the simulator. Thread-safe.</summary>
public sealed class InMemoryKeyValueStore : IKeyValueStore
{
    private readonly Lock _gate = new();
    private volatile ImmutableSortedDictionary<byte[], byte[]> _pairs =
        ImmutableSortedDictionary.Create<byte[], byte[]>(UnsignedByteOrder.Instance);

    private volatile bool _disposed;

    /// <inheritdoc/>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Get(_pairs, key);
    }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Scan(_pairs, from, end, limit);
    }

    /// <inheritdoc/>
    public void Apply(WriteBatch batch)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            ImmutableSortedDictionary<byte[], byte[]>.Builder builder = _pairs.ToBuilder();
            for (int i = 0; i < batch.Count; i++)
            {
                WriteOperation operation = batch[i];
                if (operation.IsDelete)
                {
                    builder.Remove(operation.Key.ToArray());
                }
                else
                {
                    builder[operation.Key.ToArray()] = operation.Value.ToArray();
                }
            }

            _pairs = builder.ToImmutable();
        }
    }

    /// <inheritdoc/>
    public IKeyValueSnapshot Snapshot()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new View(this, _pairs);
    }

    /// <inheritdoc/>
    public void Dispose() => _disposed = true;

    private static byte[]? Get(ImmutableSortedDictionary<byte[], byte[]> pairs, ReadOnlySpan<byte> key) =>
        pairs.TryGetValue(key.ToArray(), out byte[]? value) ? [.. value] : null;

    private static List<KeyValuePair<byte[], byte[]>> Scan(
        ImmutableSortedDictionary<byte[], byte[]> pairs, ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        List<KeyValuePair<byte[], byte[]>> found = [];
        foreach ((byte[] key, byte[] value) in pairs)
        {
            if (found.Count == limit || (!end.IsEmpty && key.AsSpan().SequenceCompareTo(end) >= 0))
            {
                break;
            }

            if (key.AsSpan().SequenceCompareTo(from) >= 0)
            {
                found.Add(new KeyValuePair<byte[], byte[]>([.. key], [.. value]));
            }
        }

        return found;
    }

    private sealed class View(InMemoryKeyValueStore store, ImmutableSortedDictionary<byte[], byte[]> pairs) : IKeyValueSnapshot
    {
        private bool _disposed;

        public byte[]? Get(ReadOnlySpan<byte> key)
        {
            ObjectDisposedException.ThrowIf(_disposed || store._disposed, this);
            return InMemoryKeyValueStore.Get(pairs, key);
        }

        public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
        {
            ObjectDisposedException.ThrowIf(_disposed || store._disposed, this);
            return InMemoryKeyValueStore.Scan(pairs, from, end, limit);
        }

        public void Dispose() => _disposed = true;
    }

    private sealed class UnsignedByteOrder : IComparer<byte[]>
    {
        internal static readonly UnsignedByteOrder Instance = new();

        public int Compare(byte[]? left, byte[]? right) => left.AsSpan().SequenceCompareTo(right);
    }
}
