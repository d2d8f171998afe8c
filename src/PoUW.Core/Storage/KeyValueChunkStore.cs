using PoUW.Core.Primitives;

namespace PoUW.Core.Storage;

/// <summary>Chunks in a key-value store, under the prefix "chunk/". As thread-safe as the store; does not own it.</summary>
public sealed class KeyValueChunkStore(IKeyValueStore store) : IChunkStore
{
    /// <inheritdoc/>
    public Hash256 Put(ReadOnlyMemory<byte> chunk)
    {
        Hash256 hash = Hash256.Sha256(chunk.Span);
        byte[] key = KeyOf(hash);
        if (store.Get(key) is null)
        {
            store.Apply(new WriteBatch().Put(key, chunk.ToArray()));
        }

        return hash;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Get(Hash256 hash)
    {
        // A null array would convert to an empty chunk, so absence is spelled out.
        byte[]? chunk = store.Get(KeyOf(hash));
        return chunk is null ? default(ReadOnlyMemory<byte>?) : new ReadOnlyMemory<byte>(chunk);
    }

    /// <inheritdoc/>
    public void Delete(Hash256 hash) => store.Apply(new WriteBatch().Delete(KeyOf(hash)));

    private static byte[] KeyOf(Hash256 hash) => [.. "chunk/"u8, .. hash.ToArray()];
}
