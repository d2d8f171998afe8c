using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Chain;

/// <summary>A store whose n-th batch and all later ones fail without writing anything, as on a full disk.</summary>
internal sealed class FailingStore(IKeyValueStore inner, int goodBatches) : IKeyValueStore
{
    private int _left = goodBatches;

    public byte[]? Get(ReadOnlySpan<byte> key) => inner.Get(key);

    public void Apply(WriteBatch batch)
    {
        if (_left-- <= 0)
        {
            throw new IOException("The disk is full.");
        }

        inner.Apply(batch);
    }

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => inner.Scan(from, end, limit);

    public IKeyValueSnapshot Snapshot() => inner.Snapshot();

    public void Dispose() => inner.Dispose();
}
