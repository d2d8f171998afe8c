using System.Diagnostics.CodeAnalysis;
using PoUW.Core.Primitives;

namespace PoUW.Core.Orphans;

/// <summary>
/// The blocks that wait, by id and source, by parent, by source in the order of arrival. Who has to make room is decided here: the source
/// that holds most bytes or most blocks, whichever is short, and of it the oldest block. Nothing depends on the order of a hash table. The pool locks.
/// </summary>
internal sealed class OrphanShelf<TSource>
    where TSource : notnull
{
    private readonly Dictionary<(Hash256 Id, TSource Source), Orphan<TSource>> _all = [];
    private readonly Dictionary<Hash256, List<Orphan<TSource>>> _byParent = [];
    private readonly Dictionary<TSource, Pile> _piles = [];
    private readonly SortedDictionary<long, Orphan<TSource>> _byArrival = [];

    internal int Count => _all.Count;

    internal long Bytes { get; private set; }

    internal int Sources => _piles.Count;

    internal bool Has(Hash256 id, TSource source) => _all.ContainsKey((id, source));

    internal int CountOf(TSource source) => _piles.TryGetValue(source, out Pile? pile) ? pile.Orphans.Count : 0;

    internal long BytesOf(TSource source) => _piles.TryGetValue(source, out Pile? pile) ? pile.Bytes : 0;

    /// <summary>The block that has waited longest.</summary>
    internal bool TryOldest([NotNullWhen(true)] out Orphan<TSource>? oldest)
    {
        oldest = _byArrival.Count > 0 ? _byArrival.First().Value : null;
        return oldest is not null;
    }

    /// <summary>The block of a source that has waited longest; null if it has none.</summary>
    internal Orphan<TSource>? OldestOf(TSource source) => _piles.TryGetValue(source, out Pile? pile) ? pile.Orphans.First().Value : null;

    /// <summary>The source that holds most bytes, its new ones included; among equals the one that has waited longest.</summary>
    internal TSource Largest(TSource newcomer, long newBytes)
    {
        (TSource largest, long most, long arrival) = (newcomer, BytesOf(newcomer) + newBytes, OldestOf(newcomer)?.Arrival ?? long.MaxValue);
        foreach ((TSource source, Pile pile) in _piles)
        {
            long oldest = pile.Orphans.First().Key;
            bool isNewcomer = EqualityComparer<TSource>.Default.Equals(source, newcomer);
            if (!isNewcomer && (pile.Bytes > most || (pile.Bytes == most && oldest < arrival)))
            {
                (largest, most, arrival) = (source, pile.Bytes, oldest);
            }
        }

        return largest;
    }

    /// <summary>
    /// The source that holds most blocks, the newcomer's new one included; among equals the one that has waited longest. It holds one at
    /// least unless nobody does. Bytes are left out on purpose: many small blocks would keep a large one of somebody else out.
    /// </summary>
    internal TSource Fullest(TSource newcomer)
    {
        (TSource fullest, int most, long arrival) = (newcomer, CountOf(newcomer) + 1, OldestOf(newcomer)?.Arrival ?? long.MaxValue);
        foreach ((TSource source, Pile pile) in _piles)
        {
            long oldest = pile.Orphans.First().Key;
            bool isNewcomer = EqualityComparer<TSource>.Default.Equals(source, newcomer);
            if (!isNewcomer && (pile.Orphans.Count > most || (pile.Orphans.Count == most && oldest < arrival)))
            {
                (fullest, most, arrival) = (source, pile.Orphans.Count, oldest);
            }
        }

        return fullest;
    }

    internal void Add(Orphan<TSource> orphan)
    {
        _all.Add((orphan.Id, orphan.Source), orphan);
        _byArrival.Add(orphan.Arrival, orphan);
        if (!_byParent.TryGetValue(orphan.Block.Header.ParentHash, out List<Orphan<TSource>>? siblings))
        {
            siblings = [];
            _byParent.Add(orphan.Block.Header.ParentHash, siblings);
        }

        siblings.Add(orphan);
        if (!_piles.TryGetValue(orphan.Source, out Pile? pile))
        {
            pile = new Pile();
            _piles.Add(orphan.Source, pile);
        }

        pile.Orphans.Add(orphan.Arrival, orphan);
        pile.Bytes += orphan.Bytes;
        Bytes += orphan.Bytes;
    }

    internal void Remove(Orphan<TSource> orphan)
    {
        _all.Remove((orphan.Id, orphan.Source));
        _byArrival.Remove(orphan.Arrival);
        List<Orphan<TSource>> siblings = _byParent[orphan.Block.Header.ParentHash];
        siblings.Remove(orphan);
        if (siblings.Count == 0)
        {
            _byParent.Remove(orphan.Block.Header.ParentHash);
        }

        Pile pile = _piles[orphan.Source];
        pile.Orphans.Remove(orphan.Arrival);
        pile.Bytes -= orphan.Bytes;
        Bytes -= orphan.Bytes;
        if (pile.Orphans.Count == 0)
        {
            _piles.Remove(orphan.Source);
        }
    }

    /// <summary>Takes out the blocks of a parent, in the order of arrival.</summary>
    internal List<Orphan<TSource>> TakeChildren(Hash256 parent)
    {
        List<Orphan<TSource>> children = _byParent.TryGetValue(parent, out List<Orphan<TSource>>? waiting) ? [.. waiting] : [];
        children.ForEach(Remove);
        return children;
    }

    private sealed class Pile
    {
        internal SortedDictionary<long, Orphan<TSource>> Orphans { get; } = [];

        internal long Bytes { get; set; }
    }
}
