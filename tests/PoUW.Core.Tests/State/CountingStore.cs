using PoUW.Core.Storage;

namespace PoUW.Core.Tests.State;

/// <summary>Counts reads.</summary>
internal sealed class CountingStore(IKeyValueStore inner) : IKeyValueStore
{
    internal int Reads { get; private set; }

    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        Reads++;
        return inner.Get(key);
    }

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit)
    {
        Reads++;
        return inner.Scan(from, end, limit);
    }

    public void Apply(WriteBatch batch) => inner.Apply(batch);

    public IKeyValueSnapshot Snapshot() => inner.Snapshot();

    public void Dispose()
    {
        // The inner store belongs to the test.
    }
}
