using PoUW.Core.Storage;

namespace PoUW.Core.Tests.State;

/// <summary>Calls back when a batch is visible and before whoever applied it knows.</summary>
internal sealed class ReactingStore(IKeyValueStore inner, Action applied) : IKeyValueStore
{
    public byte[]? Get(ReadOnlySpan<byte> key) => inner.Get(key);

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => inner.Scan(from, end, limit);

    public void Apply(WriteBatch batch)
    {
        inner.Apply(batch);
        applied();
    }

    public IKeyValueSnapshot Snapshot() => inner.Snapshot();

    public void Dispose()
    {
        // The inner store belongs to the test.
    }
}
