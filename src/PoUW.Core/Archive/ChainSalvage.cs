using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>Reads what can be trusted of a damaged chain: blocks that decode, hash to their id, and stand on one another from genesis on.</summary>
internal sealed class ChainSalvage(IKeyValueReader damaged, int maxBlockBytes, Hash256 genesisId)
{
    private readonly ChainStore _store = new(new ReadOnlyStore(damaged), maxBlockBytes);

    /// <summary>The finalized checkpoint that the store remembers; null if that cannot be read.</summary>
    internal Checkpoint? Finalized => Read(() => _store.ReadHead(), out _)?.Finalized;

    /// <summary>The height of the head that the store remembers; null if that cannot be read.</summary>
    internal ulong? HeadHeight => Read(() => _store.ReadHead() is { } head ? _store.GetEntry(head.Id) : null, out _)?.Header.Height;

    /// <summary>The block at a height if it stands on another, or null and why there is none.</summary>
    internal Block? BlockOn(ulong height, Hash256 parent, out string reason)
    {
        if (Read(() => _store.GetCanonical(height), out reason) is not { } id)
        {
            reason = reason.Length > 0 ? reason : $"No block is known at height {height}.";
            return null;
        }

        Block? block = Read(() => _store.GetBlock(id), out reason);
        if (block is not null && block.Id == id && block.Header.Height == height && block.Header.ParentHash == parent)
        {
            return block;
        }

        reason = reason.Length > 0 ? reason : $"The block at height {height} is missing, or is not a child of {parent}.";
        return null;
    }

    /// <summary>
    /// The highest height up to which witnesses are missing, of the blocks that stand on one another from genesis on; 0 if none is. Blocks
    /// above the first gap do not count.
    /// </summary>
    internal Checkpoint HighestWithoutWitness(CancellationToken cancellation)
    {
        Checkpoint highest = new(0, genesisId);
        Hash256 parent = genesisId;
        for (ulong height = 1; BlockOn(height, parent, out _) is { } block; height++)
        {
            cancellation.ThrowIfCancellationRequested();
            parent = block.Id;
            highest = block.Certificate.Witness.IsEmpty ? new Checkpoint(height, parent) : highest;
        }

        return highest;
    }

    /// <summary>
    /// True if headers lead from the finalized checkpoint down to a block. A height index alone proves nothing, since a page of the disk may
    /// hold an older moment, with a branch that lost.
    /// </summary>
    internal bool IsBelowFinality(Checkpoint block, CancellationToken cancellation)
    {
        if (Finalized is not { } at || at.Height < block.Height)
        {
            return false;
        }

        Hash256 id = at.Id;
        for (ulong height = at.Height; height > block.Height; height--)
        {
            cancellation.ThrowIfCancellationRequested();
            Hash256 wanted = id;
            if (Read(() => _store.GetEntry(wanted), out _) is not { } entry || entry.Header.Id != wanted || entry.Header.Height != height)
            {
                return false;
            }

            id = entry.Header.ParentHash;
        }

        return id == block.Id;
    }

    private static T? Read<T>(Func<T?> read, out string failure)
    {
        failure = "";
        try
        {
            return read();
        }
        catch (Exception problem) when (problem is PouwException or ArgumentException)
        {
            // Damage is what is expected here; the caller says what it ended.
            failure = problem.Message;
            return default;
        }
    }
}
