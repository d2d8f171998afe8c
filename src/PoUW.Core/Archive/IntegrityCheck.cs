using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>
/// Reads a stored chain and proves that it is whole: every height leads to a block that hashes to its id and stands on the one below, back to
/// genesis; transactions and receipts have the roots that headers claim; every transaction is found where it is; the witnesses that are there
/// are those that were not pruned; the state after the head has the head's root, record by record. It writes nothing and holds one block
/// at a time. A chain that grows meanwhile must be checked on a snapshot of its store.
/// </summary>
public sealed class IntegrityCheck
{
    private readonly IKeyValueReader _reader;
    private readonly ChainStore _store;
    private readonly BlockChecks _blocks;
    private readonly Hash256 _genesisId;
    private readonly IntegrityCheckOptions _options;
    private readonly FindingList _findings;
    private ulong _checked;
    private ulong _records;

    private IntegrityCheck(IKeyValueReader reader, int maxBlockBytes, Hash256 genesisId, IntegrityCheckOptions options)
    {
        _reader = reader;
        _store = new ChainStore(new ReadOnlyStore(reader), maxBlockBytes);
        _genesisId = genesisId;
        _options = options;
        _findings = new FindingList(options.MaxFindings);
        _blocks = new BlockChecks(_store, _findings);
    }

    /// <summary>Checks the chain in a store. Whatever is wrong with it becomes a finding, a store that cannot be read too.</summary>
    /// <param name="store">The store, which nobody writes to meanwhile, or a snapshot.</param>
    /// <param name="maxBlockBytes">The network's limit for a block without its witness.</param>
    /// <param name="genesisId">The id of the network's genesis block.</param>
    /// <param name="options">How much to check; by default all.</param>
    /// <param name="progress">Hears of each height that was checked.</param>
    /// <param name="cancellation">Stops the check.</param>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IntegrityReport Run(
        IKeyValueReader store, int maxBlockBytes, Hash256 genesisId, IntegrityCheckOptions? options = null, IProgress<ulong>? progress = null,
        CancellationToken cancellation = default)
    {
        options ??= new IntegrityCheckOptions();
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxFindings);
        IntegrityCheck check = new(store, maxBlockBytes, genesisId, options);
        try
        {
            check.CheckAll(progress, cancellation);
        }
        catch (FindingList.FullException)
        {
            return new IntegrityReport(check._findings.Items, check._checked, check._records, IsTruncated: true);
        }

        return new IntegrityReport(check._findings.Items, check._checked, check._records, IsTruncated: false);
    }

    private void CheckAll(IProgress<ulong>? progress, CancellationToken cancellation)
    {
        if (_options.Store && _reader is IStoreSelfCheck self
            && _findings.Try(IntegrityArea.Store, null, () => self.CheckIntegrity(null, cancellation), out IReadOnlyList<string>? problems))
        {
            foreach (string problem in problems!)
            {
                _findings.Add(IntegrityArea.Store, null, problem);
            }
        }

        if (_findings.Try(IntegrityArea.Head, null, () => _store.ReadHead(), out (Hash256 Id, Checkpoint Finalized)? stored) && stored is null)
        {
            _findings.Add(IntegrityArea.Head, null, "The store holds no chain.");
        }

        if (stored is not { } head
            || !_findings.Try(IntegrityArea.Entry, null, () => _store.GetEntry(head.Id), out BlockEntry? tip))
        {
            return;
        }

        if (tip is null)
        {
            _findings.Add(IntegrityArea.Head, null, $"The head {head.Id} is not in the store.");
            return;
        }

        CheckHead(head.Id, head.Finalized, tip);
        CheckBlocks(tip.Header.Height, progress, cancellation);
        new NotificationAudit(_reader, _store, _findings).Check(cancellation);
        if (_options.State)
        {
            StateAudit audit = new(_reader, _findings);
            _records = audit.Check(tip.Position.State, tip.Header.Height, cancellation);
        }
    }

    private void CheckHead(Hash256 headId, Checkpoint finalized, BlockEntry tip)
    {
        ulong height = tip.Header.Height;
        Expect(IntegrityArea.HeightIndex, 0, _genesisId, "Another network's genesis, or none, is at height 0");
        Expect(IntegrityArea.HeightIndex, height, headId, "The head is not at its own height");
        if (finalized.Height > height)
        {
            _findings.Add(IntegrityArea.Head, height, $"Height {finalized.Height} is final, which is above the head.");
        }
        else
        {
            Expect(IntegrityArea.Head, finalized.Height, finalized.Id, "The finalized checkpoint is not on the chain");
        }

        if (_findings.Try(IntegrityArea.HeightIndex, height + 1, () => _store.GetCanonical(height + 1), out Hash256? above) && above is not null)
        {
            _findings.Add(IntegrityArea.HeightIndex, height + 1, "There is a block above the head.");
        }
    }

    private void Expect(IntegrityArea area, ulong height, Hash256 id, string otherwise)
    {
        if (_findings.Try(area, height, () => _store.GetCanonical(height), out Hash256? stored) && stored != id)
        {
            _findings.Add(area, height, $"{otherwise}: {stored?.ToString() ?? "nothing"} instead of {id}.");
        }
    }

    private void CheckBlocks(ulong head, IProgress<ulong>? progress, CancellationToken cancellation)
    {
        ulong first = _options.LastBlocks is { } last ? head + 1 - Math.Min(head + 1, last) : 0;
        _findings.Try(IntegrityArea.Witnesses, null, () => _store.GetPruned(), out ulong pruned);
        _findings.Try(IntegrityArea.Head, null, () => _store.GetBase(), out ulong lowest);
        ulong transactions = 0;
        BlockHeader? parent = null;
        for (ulong height = first; height <= head; height++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (height > 0 && height < lowest)
            {
                // A chain that was begun from a snapshot has genesis and the blocks from its base on.
                (height, parent) = (Math.Min(lowest, head), null);
            }

            parent = _blocks.Check(height, parent, pruned, ref transactions);
            _checked++;
            progress?.Report(height);
        }

        if (first == 0)
        {
            CheckIndexSize(transactions, cancellation);
        }
    }

    /// <summary>Every transaction of the chain was found in the index; if the index is not longer, it holds nothing else.</summary>
    private void CheckIndexSize(ulong transactions, CancellationToken cancellation)
    {
        ulong indexed = 0;
        bool readable = _findings.Try(
            IntegrityArea.TransactionIndex,
            null,
            () =>
            {
                foreach (KeyValuePair<byte[], byte[]> _ in _reader.ScanPrefix("chain/tx/"u8))
                {
                    cancellation.ThrowIfCancellationRequested();
                    indexed++;
                }

                return indexed;
            },
            out _);
        if (readable && indexed != transactions)
        {
            _findings.Add(IntegrityArea.TransactionIndex, null, $"The index holds {indexed} transactions; the chain has {transactions}.");
        }
    }
}
