using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Storage;

public sealed class KeyValueChunkStoreTests : ChunkStoreConformance
{
    private readonly InMemoryKeyValueStore _store = new();

    protected override IChunkStore Create()
    {
        foreach (KeyValuePair<byte[], byte[]> pair in _store.ScanPrefix([]))
        {
            _store.Apply(new WriteBatch().Delete(pair.Key));
        }

        return new KeyValueChunkStore(_store);
    }

    [OneTimeTearDown]
    public void Close() => _store.Dispose();
}
