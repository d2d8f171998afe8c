using PoUW.Core.Primitives;

namespace PoUW.Core.Chain;

/// <summary>
/// The height at which a branch leaves the chain of the head. The answers for the last blocks asked about are kept, so that a branch that
/// grows block by block is walked once and not once a block. Extending the head changes no answer; a reorganisation does, and clears all.
/// Thread-safe; reads the store without the chain's lock.
/// </summary>
internal sealed class ForkHeights(ChainStore store)
{
    private const int MaxKept = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<Hash256, ulong> _kept = [];
    private readonly Queue<Hash256> _order = new();
    private long _generation;

    /// <summary>The height of the highest ancestor on the chain of the head; the block's own if it is on it.</summary>
    internal ulong HeightOf(BlockEntry at)
    {
        Hash256 asked = at.Position.Id;
        long generation = Volatile.Read(ref _generation);
        while (store.GetCanonical(at.Header.Height) != at.Position.Id)
        {
            if (Find(at.Position.Id) is { } known)
            {
                Keep(asked, known, generation);
                return known;
            }

            Hash256 parent = at.Header.ParentHash;
            at = store.GetEntry(parent) ?? throw new ChainException($"The stored block {parent} is missing.");
        }

        if (at.Position.Id != asked)
        {
            Keep(asked, at.Header.Height, generation);
        }

        return at.Header.Height;
    }

    /// <summary>The head has moved to another branch.</summary>
    internal void Clear()
    {
        lock (_gate)
        {
            _generation++;
            _kept.Clear();
            _order.Clear();
        }
    }

    private ulong? Find(Hash256 id)
    {
        lock (_gate)
        {
            return _kept.TryGetValue(id, out ulong height) ? height : null;
        }
    }

    // A walk that a reorganisation overtook may be wrong for the new chain.
    private void Keep(Hash256 id, ulong height, long generation)
    {
        lock (_gate)
        {
            if (generation == _generation && _kept.TryAdd(id, height))
            {
                _order.Enqueue(id);
                if (_order.Count > MaxKept)
                {
                    _kept.Remove(_order.Dequeue());
                }
            }
        }
    }
}
