using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>Lets what needs a store read from any reader. It is never written to; an attempt is a broken invariant.</summary>
internal sealed class ReadOnlyStore(IKeyValueReader reader) : IKeyValueStore
{
    public byte[]? Get(ReadOnlySpan<byte> key) => reader.Get(key);

    public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) =>
        reader.Scan(from, end, limit);

    public void Apply(WriteBatch batch) => throw new StoreException(StoreFailure.ReadOnly, "A check does not write.");

    public IKeyValueSnapshot Snapshot() => throw new StoreException(StoreFailure.ReadOnly, "A check needs no snapshot.");

    public void Dispose()
    {
        // The reader belongs to whoever passed it.
    }
}
