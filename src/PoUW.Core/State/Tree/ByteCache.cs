using System.Buffers.Binary;

namespace PoUW.Core.State.Tree;

/// <summary>
/// A memory of byte strings by key, bounded by bytes: what was written first goes first. Entries are copied in and out of flat rings, so the
/// collector sees a few big arrays and nothing else. Thread-safe.
/// </summary>
internal sealed class ByteCache
{
    private const int ShardCount = 8;

    private readonly ByteCacheShard[] _shards = new ByteCacheShard[ShardCount];

    /// <summary>Starts empty; memory grows with what is put in.</summary>
    /// <param name="capacity">Most bytes of all keys and values; 0 keeps nothing.</param>
    internal ByteCache(long capacity)
    {
        int each = (int)Math.Clamp(capacity / ShardCount, 0, 1 << 30) & ~3;
        for (int i = 0; i < ShardCount; i++)
        {
            _shards[i] = new ByteCacheShard(each);
        }
    }

    /// <summary>Copies a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="head">Receives the first bytes of the value.</param>
    /// <param name="rest">Receives the others if it is large enough, and nothing otherwise.</param>
    /// <returns>The length of the rest, or -1 if the key is not here.</returns>
    internal int Get(ReadOnlySpan<byte> key, Span<byte> head, Span<byte> rest)
    {
        uint hash = Hash(key);
        ByteCacheShard shard = _shards[hash % ShardCount];
        lock (shard)
        {
            return shard.Get(hash, key, head, rest);
        }
    }

    /// <summary>Sets a value in two parts; one too large for the cache is forgotten instead.</summary>
    /// <param name="key">The key.</param>
    /// <param name="head">The first bytes.</param>
    /// <param name="rest">The others.</param>
    internal void Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        uint hash = Hash(key);
        ByteCacheShard shard = _shards[hash % ShardCount];
        lock (shard)
        {
            shard.Put(hash, key, head, rest);
        }
    }

    /// <summary>As <see cref="Put"/>, if a counter still has a value; the counter is read under the lock that orders writes of this key.</summary>
    internal void PutIf(ref ulong counter, ulong expected, ReadOnlySpan<byte> key, ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest)
    {
        uint hash = Hash(key);
        ByteCacheShard shard = _shards[hash % ShardCount];
        lock (shard)
        {
            if (Volatile.Read(ref counter) == expected)
            {
                shard.Put(hash, key, head, rest);
            }
        }
    }

    /// <summary>Forgets everything.</summary>
    internal void Clear()
    {
        foreach (ByteCacheShard shard in _shards)
        {
            lock (shard)
            {
                shard.Clear();
            }
        }
    }

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        // Wrapping is what mixes; any spread is right, since the whole key is compared.
        unchecked
        {
            ulong hash = (ulong)key.Length * 0x9E3779B97F4A7C15;
            for (; key.Length >= 8; key = key[8..])
            {
                hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(key)) * 0x9FB21C651E98DF25;
                hash ^= hash >> 29;
            }

            foreach (byte part in key)
            {
                hash = (hash ^ part) * 0x9FB21C651E98DF25;
            }

            // What came last has reached the high bits only, and the low ones choose the shard and the group.
            hash = (hash ^ (hash >> 32)) * 0x9E3779B97F4A7C15;
            hash = (hash ^ (hash >> 29)) * 0x9FB21C651E98DF25;
            return (uint)(hash >> 32);
        }
    }
}
