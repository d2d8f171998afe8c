using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Notifications;

/// <summary>Calls back before it reads a block.</summary>
internal sealed class ReadingStore(IKeyValueStore inner, Action reading) : IKeyValueStore
{
    public byte[]? Get(ReadOnlySpan<byte> key)
    {
        if (key.StartsWith("chain/block/"u8))
        {
            reading();
        }

        return inner.Get(key);
    }

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => inner.Scan(from, end, limit);

    public void Apply(WriteBatch batch) => inner.Apply(batch);

    public IKeyValueSnapshot Snapshot() => inner.Snapshot();

    public void Dispose()
    {
        // The inner store belongs to the test.
    }
}
