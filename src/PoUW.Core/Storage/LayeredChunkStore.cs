using PoUW.Core.Primitives;

namespace PoUW.Core.Storage;

/// <summary>
/// Two chunk stores seen as one: a durable one for what this node published itself and must still serve after a restart, and a cache for
/// what it fetched and could fetch again. As thread-safe as the two stores; does not own them. Both may be the same store.
/// </summary>
/// <param name="own">Chunks that this node published.</param>
/// <param name="cache">Chunks that came from elsewhere.</param>
public sealed class LayeredChunkStore(IChunkStore own, IChunkStore cache) : IChunkStore
{
    /// <summary>Stores a chunk that came from elsewhere, in the cache.</summary>
    public Hash256 Put(ReadOnlyMemory<byte> chunk) => cache.Put(chunk);

    /// <summary>Stores a chunk that this node publishes, in its own store. Returns the chunk's hash; storing it twice changes nothing.</summary>
    public Hash256 PutOwn(ReadOnlyMemory<byte> chunk) => own.Put(chunk);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Get(Hash256 hash) => cache.Get(hash) ?? own.Get(hash);

    /// <summary>Forgets a chunk in both stores.</summary>
    public void Delete(Hash256 hash)
    {
        own.Delete(hash);
        cache.Delete(hash);
    }
}
