using PoUW.Core.Primitives;

namespace PoUW.Core.Storage;

/// <summary>Chunks that live as long as the process. Thread-safe.</summary>
public sealed class InMemoryChunkStore : IChunkStore
{
    private readonly Dictionary<Hash256, byte[]> _chunks = [];
    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public Hash256 Put(ReadOnlyMemory<byte> chunk)
    {
        Hash256 hash = Hash256.Sha256(chunk.Span);
        lock (_gate)
        {
            _chunks.TryAdd(hash, chunk.ToArray());
        }

        return hash;
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte>? Get(Hash256 hash)
    {
        lock (_gate)
        {
            return _chunks.TryGetValue(hash, out byte[]? chunk) ? new ReadOnlyMemory<byte>(chunk) : default(ReadOnlyMemory<byte>?);
        }
    }

    /// <inheritdoc/>
    public void Delete(Hash256 hash)
    {
        lock (_gate)
        {
            _chunks.Remove(hash);
        }
    }
}
