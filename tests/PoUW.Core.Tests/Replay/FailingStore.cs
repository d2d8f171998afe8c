using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Replay;

/// <summary>Refuses one batch, by its number from 1 on, and all after it.</summary>
internal sealed class FailingStore(IKeyValueStore inner) : IKeyValueStore
{
    private int _batches;

    internal int FailAt { get; set; } = int.MaxValue;

    public byte[]? Get(ReadOnlySpan<byte> key) => inner.Get(key);

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => inner.Scan(from, end, limit);

    public void Apply(WriteBatch batch)
    {
        if (++_batches >= FailAt)
        {
            throw new StoreException(StoreFailure.DiskFull, "The disk is full.");
        }

        inner.Apply(batch);
    }

    public IKeyValueSnapshot Snapshot() => inner.Snapshot();

    public void Dispose() => inner.Dispose();
}
