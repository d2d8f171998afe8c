using System.Collections.Concurrent;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.State;

/// <summary>
/// Content-addressed tree nodes in the key-value store, with a bounded memory of nodes in front. A node never changes, so the memory can
/// be dropped at any time and is never stale. Thread-safe.
/// </summary>
internal sealed class StateNodeStore(IKeyValueStore store)
{
    private const int MaxRemembered = 100_000;

    private readonly ConcurrentDictionary<Hash256, StateNode> _remembered = new();
    private int _count;

    internal StateNode Get(Hash256 hash)
    {
        if (_remembered.TryGetValue(hash, out StateNode node))
        {
            return node;
        }

        byte[] stored = store.Get(KeyOf(hash)) ?? throw new StateTreeException($"State node {hash} is not in the store.");
        node = StateNode.Decode(stored);
        Remember(hash, node);
        return node;
    }

    internal Hash256 Put(StateNode node, WriteBatch batch)
    {
        Hash256 hash = node.Hash;
        batch.Put(KeyOf(hash), node.Encode());
        Remember(hash, node);
        return hash;
    }

    private void Remember(Hash256 hash, StateNode node)
    {
        if (!_remembered.TryAdd(hash, node))
        {
            return;
        }

        // Counted here because the dictionary takes all its locks to count itself; a race only makes the bound approximate.
        if (Interlocked.Increment(ref _count) > MaxRemembered)
        {
            _remembered.Clear();
            Interlocked.Exchange(ref _count, 0);
        }
    }

    private static byte[] KeyOf(Hash256 hash) => [.. "state/"u8, .. hash.ToArray()];
}
