using PoUW.Core.Archive;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Storage;

namespace PoUW.Core.Replay;

/// <summary>The blocks of the chain of the head in a store that no chain has open, or that another chain keeps writing.</summary>
/// <param name="store">The store; must outlive this and is not disposed.</param>
/// <param name="maxBlockBytes">The network's limit for a block without its witness.</param>
public sealed class StoredBlocks(IKeyValueReader store, int maxBlockBytes) : IBlockSource
{
    private readonly ChainStore _chain = new(new ReadOnlyStore(store), maxBlockBytes);

    /// <summary>
    /// What the chain in the store had finalized: a checkpoint for <see cref="ChainReplay"/> if the store is this operator's own. Null for a
    /// store without chain.
    /// </summary>
    /// <exception cref="ChainException">The stored head cannot be read.</exception>
    public Checkpoint? Finalized => _chain.ReadHead()?.Finalized;

    /// <inheritdoc/>
    public BlockHeader? HeaderAt(ulong height) => _chain.GetCanonical(height) is { } id ? _chain.GetEntry(id)?.Header : null;

    /// <inheritdoc/>
    public Block? BlockAt(ulong height) => _chain.GetCanonical(height) is { } id ? _chain.GetBlock(id) : null;
}
