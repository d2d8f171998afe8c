using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Archive;

/// <summary>A store some of whose pairs cannot be read, as on a bad page.</summary>
internal sealed class DamagedStore(IKeyValueStore inner, Func<byte[], bool> isDamaged) : IKeyValueStore
{
    public byte[]? Get(ReadOnlySpan<byte> key) => isDamaged(key.ToArray()) ? throw Damage() : inner.Get(key);

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        IReadOnlyList<KeyValuePair<byte[], byte[]>> page = inner.Scan(from, end, limit);
        return page.Any(pair => isDamaged(pair.Key)) ? throw Damage() : page;
    }

    public void Apply(WriteBatch batch) => inner.Apply(batch);

    public IKeyValueSnapshot Snapshot() => inner.Snapshot();

    public void Dispose() => inner.Dispose();

    private static StoreException Damage() => new(StoreFailure.Corrupt, "The page is damaged.");
}
