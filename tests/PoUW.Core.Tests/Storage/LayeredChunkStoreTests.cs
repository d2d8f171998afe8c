using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Storage;

public sealed class LayeredChunkStoreTests : ChunkStoreConformance
{
    [Test]
    public void Own_chunks_go_to_one_store_and_others_to_the_cache_and_both_are_seen_and_deleted()
    {
        InMemoryChunkStore own = new();
        InMemoryChunkStore cache = new();
        LayeredChunkStore layered = new(own, cache);
        Hash256 mine = layered.PutOwn(new byte[] { 1 });
        Hash256 fetched = layered.Put(new byte[] { 2 });

        Assert.Multiple(() =>
        {
            Assert.That((own.Get(mine).HasValue, cache.Get(mine).HasValue), Is.EqualTo((true, false)));
            Assert.That((own.Get(fetched).HasValue, cache.Get(fetched).HasValue), Is.EqualTo((false, true)));
            Assert.That(layered.Get(mine)!.Value.ToArray(), Is.EqualTo(new byte[] { 1 }));
            Assert.That(layered.Get(fetched)!.Value.ToArray(), Is.EqualTo(new byte[] { 2 }));
        });
        layered.PutOwn(new byte[] { 2 });
        layered.Delete(fetched);
        layered.Delete(mine);
        Assert.That((own.Get(mine).HasValue, own.Get(fetched).HasValue, cache.Get(fetched).HasValue), Is.EqualTo((false, false, false)));
    }

    protected override IChunkStore Create() => new LayeredChunkStore(new InMemoryChunkStore(), new InMemoryChunkStore());
}
