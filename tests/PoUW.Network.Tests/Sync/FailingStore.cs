using PoUW.Core.Storage;

namespace PoUW.Network.Tests.Sync;

/// <summary>A store in memory whose batches fail as often as asked for.</summary>
/// <param name="inner">The store.</param>
/// <param name="failure">How they fail.</param>
internal sealed class FailingStore(InMemoryKeyValueStore inner, Func<Exception> failure) : IKeyValueStore
{
    /// <summary>Batches that go well from now on.</summary>
    public int GoodBatches { get; set; }

    /// <summary>Batches that fail after them.</summary>
    public int Failures { get; set; }

    public byte[]? Get(ReadOnlySpan<byte> key) => inner.Get(key);

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => inner.Scan(from, end, limit);

    public IKeyValueSnapshot Snapshot() => inner.Snapshot();

    public void Apply(WriteBatch batch)
    {
        if (GoodBatches > 0)
        {
            GoodBatches--;
        }
        else if (Failures > 0)
        {
            Failures--;
            throw failure();
        }

        inner.Apply(batch);
    }

    // The store outlives whoever uses it through this.
    public void Dispose()
    {
    }
}
