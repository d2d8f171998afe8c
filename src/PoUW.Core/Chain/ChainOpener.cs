using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Chain;

/// <summary>Restores the head from the store and proves that it is usable, or starts the chain.</summary>
internal sealed class ChainOpener(ChainStore store, WorldState world, BlockExecutor executor, IDifficultyRule difficulty, TrustedHistory trust)
{
    internal Block Open(out ChainHead head)
    {
        Block genesis = executor.BuildGenesis(difficulty.GenesisBits, out StateUpdate state);
        if (store.ReadHead() is { } stored)
        {
            head = Restore(genesis.Id, stored.Id, stored.Finalized);
            trust.ThrowIfContradicted(store);
            head = head with { Finalized = trust.FinalizedAt(head.Header, stored.Finalized, stored.Finalized) };
            return genesis;
        }

        WriteBatch batch = new();
        ChainPosition position = new(genesis.Header, genesis.Id, Hash256.Zero, difficulty.Work(genesis.Header.Bits), State: state.WriteTo(batch));
        store.PutBlock(batch, genesis.Id, genesis);
        ChainStore.PutReceipts(batch, genesis.Id, []);
        ChainStore.PutEntry(batch, new BlockEntry(position, BlockStatus.Executed));
        ChainStore.Attach(batch, genesis.Id, genesis);
        head = new ChainHead(position, new Checkpoint(0, genesis.Id));
        ChainStore.WriteHead(batch, head.Id, head.Finalized);
        store.Apply(batch);
        trust.ThrowIfContradicted(store);
        return genesis;
    }

    private ChainHead Restore(Hash256 genesisId, Hash256 headId, Checkpoint finalized)
    {
        if (store.GetCanonical(0) != genesisId)
        {
            throw new ChainException("The store holds the chain of another network, or of the same one with other parameters or modules.");
        }

        BlockEntry? entry = store.GetEntry(headId);
        Block? block = store.GetBlock(headId);
        bool consistent = entry is { Status: BlockStatus.Executed }
            && block is not null
            && block.Id == headId
            && entry.Position.Id == headId
            && finalized.Height <= entry.Header.Height
            && store.GetCanonical(finalized.Height) == finalized.Id
            && store.GetCanonical(entry.Header.Height) == headId
            && store.GetReceipts(headId) is { } receipts && Receipt.RootOf(receipts) == entry.Header.ReceiptsRoot;
        if (!consistent)
        {
            throw new ChainException($"The stored head {headId} is not consistent with the blocks in the store.");
        }

        // Reading a record walks the tree from the root, and throws if the state is not there.
        world.At(entry!.Position.State).GetAccount(entry.Header.Producer);
        return new ChainHead(entry.Position, finalized);
    }
}
