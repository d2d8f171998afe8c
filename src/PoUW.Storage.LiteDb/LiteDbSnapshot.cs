using PoUW.Core.Storage;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// A store as it was: the store itself, and in memory the former values of what changed since. The store calls <see cref="Remember"/> and
/// <see cref="End"/> while nobody reads.
/// </summary>
internal sealed class LiteDbSnapshot(LiteDbKeyValueStore store) : IKeyValueSnapshot
{
    private static readonly Comparer<byte[]> KeyOrder = Comparer<byte[]>.Create(static (left, right) => left.AsSpan().SequenceCompareTo(right));

    private readonly SortedDictionary<byte[], byte[]?> _former = new(KeyOrder);
    private string? _end;

    /// <summary>Bytes of former keys and values.</summary>
    internal long Bytes { get; private set; }

    /// <inheritdoc/>
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        byte[] wanted = key.ToArray();
        return store.Read(table =>
        {
            Check();
            return _former.TryGetValue(wanted, out byte[]? former) ? (byte[]?)former?.Clone() : LiteDbKeyValueStore.Value(table, wanted);
        });
    }

    /// <inheritdoc/>
    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        (byte[] first, byte[] last) = (from.ToArray(), end.ToArray());
        return store.Read(table =>
        {
            Check();
            return Merge(LiteDbKeyValueStore.Range(table, first, last), first, last).Take(limit).ToList();
        });
    }

    /// <inheritdoc/>
    public void Dispose() => store.Release(this);

    /// <summary>Keeps what a key had before its first change.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Reads the value, or null.</param>
    internal void Remember(byte[] key, Func<byte[]?> value)
    {
        if (_end is null && !_former.ContainsKey(key))
        {
            byte[]? former = value();
            _former.Add(key, former);
            Bytes += key.Length + (former?.Length ?? 0);
        }
    }

    /// <summary>Ends the snapshot.</summary>
    /// <param name="reason">What readers are told; empty if it was disposed of.</param>
    internal void End(string reason)
    {
        _end ??= reason;
        _former.Clear();
        Bytes = 0;
    }

    private void Check()
    {
        ObjectDisposedException.ThrowIf(_end is { Length: 0 }, this);
        if (_end is not null)
        {
            throw new LiteDbStoreException(StoreFailure.Unavailable, _end);
        }
    }

    /// <summary>Both are in key order; what was kept stands for what is there now.</summary>
    private IEnumerable<KeyValuePair<byte[], byte[]>> Merge(IEnumerable<KeyValuePair<byte[], byte[]>> present, byte[] from, byte[] end)
    {
        using IEnumerator<KeyValuePair<byte[], byte[]?>> former = _former
            .SkipWhile(pair => KeyOrder.Compare(pair.Key, from) < 0)
            .TakeWhile(pair => end.Length == 0 || KeyOrder.Compare(pair.Key, end) < 0)
            .GetEnumerator();
        bool more = former.MoveNext();
        foreach (KeyValuePair<byte[], byte[]> pair in present)
        {
            for (; more && KeyOrder.Compare(former.Current.Key, pair.Key) < 0; more = former.MoveNext())
            {
                if (former.Current.Value is { } value)
                {
                    yield return new KeyValuePair<byte[], byte[]>([.. former.Current.Key], [.. value]);
                }
            }

            if (!more || KeyOrder.Compare(former.Current.Key, pair.Key) > 0)
            {
                yield return pair;
            }
        }

        for (; more; more = former.MoveNext())
        {
            if (former.Current.Value is { } value)
            {
                yield return new KeyValuePair<byte[], byte[]>([.. former.Current.Key], [.. value]);
            }
        }
    }
}
