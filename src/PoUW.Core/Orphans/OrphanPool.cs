using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Orphans;

/// <summary>
/// Blocks that came before their parent wait here, and are imported in order when it comes. What bounds a flood: a block is kept only if
/// everything that needs no parent is right (size, form, public data, the body, a witness being there) and its ticket stands for at least a
/// sixteenth of the head's work (so it has cost its maker that share of a header's hash trials; the witness is not verified yet); every
/// source has its places and bytes; all have theirs together, and whoever holds most of what is short makes room first, its oldest block
/// before others; and what waits too long goes. The seal and the witness are outside the id, so one id may wait once for each source. Its
/// places are in memory: a restart loses them. Thread-safe; imports run outside the pool's lock.
/// </summary>
/// <typeparam name="TSource">What names a source. Names are worth what the transport's authentication makes them worth.</typeparam>
public sealed class OrphanPool<TSource>
    where TSource : notnull
{
    private readonly Lock _gate = new();
    private readonly BlockChain _chain;
    private readonly OrphanPoolOptions _options;
    private readonly Func<TSource, bool> _admitCertificate;
    private readonly TimeProvider _time;
    private readonly OrphanMetrics _metrics;
    private readonly OrphanShelf<TSource> _shelf = new();
    private long _arrivals;
    private long _adopted;
    private long _evicted;
    private long _expired;
    private long _refused;
    private OrphanPoolStatus _reported = new(0, 0, 0, 0, 0, 0, 0, 0);

    /// <summary>An empty pool in front of a chain.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="options">Limits.</param>
    /// <param name="admitCertificate">
    /// As in <see cref="BlockChain.ImportUnsolicited"/>, for a block of a source; asked for blocks that have waited, too.
    /// </param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    public OrphanPool(BlockChain chain, OrphanPoolOptions options, Func<TSource, bool> admitCertificate, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxBlocks);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxBytes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxBlocksPerSource);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxBytesPerSource);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.MaxAge, TimeSpan.Zero);
        (_chain, _options, _admitCertificate, _time) = (chain, options, admitCertificate, time);
        _metrics = new OrphanMetrics(options.Node);
    }

    /// <summary>What the pool holds and has done.</summary>
    public OrphanPoolStatus Status
    {
        get
        {
            lock (_gate)
            {
                return StatusNow();
            }
        }
    }

    /// <summary>Blocks of one source that wait.</summary>
    public int CountOf(TSource source)
    {
        lock (_gate)
        {
            return _shelf.CountOf(source);
        }
    }

    /// <summary>Imports a block that nobody asked for, and what waited for it; or keeps it if its parent is not known.</summary>
    public OrphanImport<TSource> Import(TSource source, Block block)
    {
        ValidationResult result = _chain.ImportUnsolicited(block, () => _admitCertificate(source));
        if (result.Code == ValidationCode.UnknownParent)
        {
            bool isKept = TryKeep(source, block, out result);
            Report();
            return new OrphanImport<TSource>(result, isKept, isKept ? Recheck(block) : []);
        }

        return new OrphanImport<TSource>(result, false, result.IsValid ? Connect(block.Id) : []);
    }

    /// <summary>
    /// Imports what waited for a block that the chain has got otherwise, and what waited for that, one after the other. What waited for a block
    /// that is invalid goes. Nothing happens if the chain does not know the block.
    /// </summary>
    public IReadOnlyList<AdoptedOrphan<TSource>> Connect(Hash256 id)
    {
        List<AdoptedOrphan<TSource>> adopted = [];
        if (_chain.GetPosition(id) is null)
        {
            return adopted;
        }

        Queue<(Hash256 Id, bool IsInvalid)> arrived = new([(id, _chain.Pending.IsInvalid(id))]);
        while (arrived.TryDequeue(out (Hash256 Id, bool IsInvalid) parent))
        {
            foreach (Orphan<TSource> child in TakeChildren(parent.Id))
            {
                ValidationResult result = parent.IsInvalid
                    ? ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(BlockHeader.ParentHash), $"{parent.Id} is invalid.")
                    : _chain.ImportUnsolicited(child.Block, () => _admitCertificate(child.Source));
                adopted.Add(new AdoptedOrphan<TSource>(child.Source, child.Block, result));
                bool isInvalid = parent.IsInvalid || _chain.Pending.IsInvalid(child.Id);
                if (isInvalid || _chain.GetPosition(child.Id) is not null)
                {
                    arrived.Enqueue((child.Id, isInvalid));
                }
            }
        }

        Report();
        return adopted;
    }

    /// <summary>The source is gone; its blocks leave.</summary>
    public void Forget(TSource source)
    {
        lock (_gate)
        {
            while (_shelf.OldestOf(source) is { } orphan)
            {
                _shelf.Remove(orphan);
            }
        }

        Report();
    }

    // The parent may have come between the import and the keeping.
    private IReadOnlyList<AdoptedOrphan<TSource>> Recheck(Block block) => Connect(block.Header.ParentHash);

    private List<Orphan<TSource>> TakeChildren(Hash256 parent)
    {
        lock (_gate)
        {
            Expire();
            List<Orphan<TSource>> children = _shelf.TakeChildren(parent);
            _adopted += children.Count;
            return children;
        }
    }

    private bool TryKeep(TSource source, Block block, out ValidationResult result)
    {
        Hash256 id = block.Id;
        result = _chain.Pending.CheckOrphan(block);
        bool keep = result.IsValid;
        if (keep)
        {
            result = ValidationResult.Fail(ValidationCode.UnknownParent, nameof(BlockHeader.ParentHash), $"{block.Header.ParentHash} is not known.");
        }

        int bytes = block.EncodeWithoutWitness().Length + block.Certificate.Witness.Length;
        lock (_gate)
        {
            Expire();
            if (keep && _shelf.Has(id, source))
            {
                return true;
            }

            keep = keep && MakeRoom(source, bytes);
            if (keep)
            {
                _shelf.Add(new Orphan<TSource>(source, block, id, bytes, _arrivals++, _time.GetTimestamp()));
            }
            else
            {
                _refused++;
            }

            return keep;
        }
    }

    /// <summary>Room for a block, at the cost of the source itself or of whoever holds most; false if there is none.</summary>
    private bool MakeRoom(TSource source, int bytes)
    {
        if (bytes > Math.Min(_options.MaxBytes, _options.MaxBytesPerSource))
        {
            return false;
        }

        while (_shelf.CountOf(source) >= _options.MaxBlocksPerSource || _shelf.BytesOf(source) + bytes > _options.MaxBytesPerSource)
        {
            Evict(source);
        }

        while (_shelf.Count >= _options.MaxBlocks)
        {
            Evict(_shelf.Fullest(source));
        }

        while (_shelf.Bytes + bytes > _options.MaxBytes)
        {
            TSource largest = _shelf.Largest(source, bytes);
            if (_shelf.CountOf(largest) == 0)
            {
                return false;
            }

            Evict(largest);
        }

        return true;
    }

    private void Evict(TSource source)
    {
        _shelf.Remove(_shelf.OldestOf(source)!);
        _evicted++;
    }

    private void Expire()
    {
        long now = _time.GetTimestamp();
        while (_shelf.TryOldest(out Orphan<TSource>? oldest) && _time.GetElapsedTime(oldest.At, now) > _options.MaxAge)
        {
            _shelf.Remove(oldest);
            _expired++;
        }
    }

    private OrphanPoolStatus StatusNow() =>
        new(_shelf.Count, _shelf.Bytes, _shelf.Sources, _arrivals, _adopted, _evicted, _expired, _refused);

    private void Report()
    {
        OrphanPoolStatus before;
        OrphanPoolStatus after;
        lock (_gate)
        {
            (before, after) = (_reported, StatusNow());
            _reported = after;
        }

        if (before != after)
        {
            _metrics.Report(before, after);
        }
    }
}
