using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Storage;

/// <summary>What every chunk store must do.</summary>
public abstract class ChunkStoreConformance
{
    protected abstract IChunkStore Create();

    [Test]
    public void Chunks_are_found_by_their_hash_until_they_are_deleted()
    {
        IChunkStore store = Create();
        byte[] chunk = [1, 2, 3];
        Hash256 hash = store.Put(chunk);

        Assert.That(hash, Is.EqualTo(Hash256.Sha256(chunk)));
        Assert.That(store.Put(chunk), Is.EqualTo(hash));
        Assert.That(store.Get(hash)!.Value.ToArray(), Is.EqualTo(chunk));
        store.Delete(hash);
        Assert.That(store.Get(hash).HasValue, Is.False);
        store.Delete(hash);
    }

    [Test]
    public void The_empty_chunk_is_a_chunk_and_an_absent_one_is_not()
    {
        IChunkStore store = Create();

        Assert.That(store.Get(Hash256.Sha256([])).HasValue, Is.False);
        store.Put(ReadOnlyMemory<byte>.Empty);
        Assert.That(store.Get(Hash256.Sha256([]))!.Value.Length, Is.Zero);
    }

    [Test]
    public void A_chunk_does_not_follow_later_changes_of_the_callers_array()
    {
        IChunkStore store = Create();
        byte[] chunk = [1, 2, 3];
        Hash256 hash = store.Put(chunk);
        chunk[0] = 9;

        Assert.That(Hash256.Sha256(store.Get(hash)!.Value.Span), Is.EqualTo(hash));
    }
}
