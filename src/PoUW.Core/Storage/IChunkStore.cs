using PoUW.Core.Primitives;

namespace PoUW.Core.Storage;

/// <summary>
/// Content-addressed chunks (SHA-256 of the bytes is the key): programs, datasets, model states. A reader need not trust the store,
/// since every chunk proves itself. Members may be called from any thread.
/// </summary>
public interface IChunkStore
{
    /// <summary>Stores a chunk and returns its hash; storing it twice changes nothing.</summary>
    Hash256 Put(ReadOnlyMemory<byte> chunk);

    /// <summary>The chunk, or null if it is not here.</summary>
    ReadOnlyMemory<byte>? Get(Hash256 hash);

    /// <summary>Forgets a chunk.</summary>
    void Delete(Hash256 hash);
}
