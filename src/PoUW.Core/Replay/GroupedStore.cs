using System.Buffers.Binary;
using PoUW.Core.Storage;

namespace PoUW.Core.Replay;

/// <summary>
/// A store that keeps the writes of several batches back and hands them on as one, so that a page that every batch changes is written and
/// synced once. What was not handed on yet is lost in a crash, whole batches and the last ones first. For one writing thread; reads may come
/// from any.
/// </summary>
public sealed class GroupedStore : IKeyValueStore
{
    private readonly IKeyValueStore _inner;
    private readonly int _maxBytes;
    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<byte[], int> _places = new(KeyOrder.Instance);
    private readonly Dictionary<byte[], int>.AlternateLookup<ReadOnlySpan<byte>> _bySpan;
    private readonly WriteBatch _group = new();
    private int _bytes;

    /// <summary>Groups batches until they hold some bytes.</summary>
    /// <param name="inner">Where they go; not disposed.</param>
    /// <param name="maxBytes">Bytes of keys and values that are kept back at most; with 0 every batch goes on at once.</param>
    public GroupedStore(IKeyValueStore inner, int maxBytes)
    {
        _inner = inner;
        _maxBytes = maxBytes;
        _bySpan = _places.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <inheritdoc/>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        lock (_gate)
        {
            if (_bySpan.TryGetValue(key, out int place))
            {
                return _entries[place].Value is { } kept ? [.. kept] : null;
            }
        }

        return _inner.Get(key);
    }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        Flush();
        return _inner.Scan(from, end, limit);
    }

    /// <inheritdoc/>
    public IKeyValueSnapshot Snapshot()
    {
        Flush();
        return _inner.Snapshot();
    }

    /// <inheritdoc/>
    public void Apply(WriteBatch batch)
    {
        lock (_gate)
        {
            if ((long)_bytes + batch.Bytes >= _maxBytes)
            {
                // All or nothing: what was kept back stays if this fails, and the batch that its caller takes for failed does not come true later.
                HandOn(batch);
                return;
            }

            for (int i = 0; i < batch.Count; i++)
            {
                WriteOperation operation = batch[i];
                Keep(operation.Key, operation.IsDelete ? null : operation.Value.ToArray());
            }

            _bytes += batch.Bytes;
        }
    }

    /// <summary>Hands on what was kept back as one batch. If that fails it is kept, and the next call tries again.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_entries.Count > 0)
            {
                HandOn(null);
            }
        }
    }

    /// <summary>Drops what was kept back; the inner store belongs to whoever passed it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            Forget();
        }
    }

    private void Keep(ReadOnlySpan<byte> key, byte[]? value)
    {
        if (_bySpan.TryGetValue(key, out int place))
        {
            _entries[place] = _entries[place] with { Value = value };
            return;
        }

        byte[] copy = key.ToArray();
        _places.Add(copy, _entries.Count);
        _entries.Add(new Entry(copy, value));
    }

    /// <summary>Hands on what was kept back and a batch after it, as one. If that fails nothing has changed.</summary>
    private void HandOn(WriteBatch? last)
    {
        _group.Clear();
        foreach ((byte[] key, byte[]? value) in _entries)
        {
            _ = value is null ? _group.Delete(key) : _group.Put(key, value);
        }

        _ = last is null ? _group : _group.Append(last);
        _inner.Apply(_group);
        Forget();
    }

    private void Forget()
    {
        _entries.Clear();
        _places.Clear();
        _bytes = 0;
    }

    private readonly record struct Entry(byte[] Key, byte[]? Value);

    private sealed class KeyOrder : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        internal static readonly KeyOrder Instance = new();

        public bool Equals(byte[]? left, byte[]? right) => left.AsSpan().SequenceEqual(right);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int GetHashCode(byte[] key) => GetHashCode(key.AsSpan());

        // Most keys end in a hash. Multiplied, so that numbers that differ in high bits only fall apart too.
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            unchecked
            {
                ulong hash = (ulong)alternate.Length;
                for (; alternate.Length >= 8; alternate = alternate[8..])
                {
                    hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(alternate)) * 0x9E3779B97F4A7C15;
                    hash ^= hash >> 32;
                }

                foreach (byte last in alternate)
                {
                    hash = (hash ^ last) * 0x9E3779B97F4A7C15;
                }

                return (int)(hash >> 32);
            }
        }
    }
}
