using System.Collections.Concurrent;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Network.Tests.Support;

/// <summary>Chunks in memory.</summary>
internal sealed class TestChunkStore : IChunkStore
{
    private readonly ConcurrentDictionary<Hash256, byte[]> _chunks = new();

    public int Count => _chunks.Count;

    public Hash256 Put(ReadOnlyMemory<byte> chunk)
    {
        Hash256 hash = Hash256.Sha256(chunk.Span);
        _chunks.TryAdd(hash, chunk.ToArray());
        return hash;
    }

    // The cast matters: without it the null would become an empty memory.
    public ReadOnlyMemory<byte>? Get(Hash256 hash) =>
        _chunks.TryGetValue(hash, out byte[]? chunk) ? (ReadOnlyMemory<byte>?)chunk : null;

    public void Delete(Hash256 hash) => _chunks.TryRemove(hash, out _);
}
