using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>Validates and adds one block at a time. The caller holds the chain's lock.</summary>
internal sealed class BlockImporter(
    ChainStore store, BlockExecutor executor, BlockRules rules, IDifficultyRule difficulty, IWorkVerifier verifier)
{
    internal ValidationResult Import(Block block, ChainHead head, out ChainChange? change)
    {
        change = null;
        if (store.GetEntry(block.Id) is { } known)
        {
            return ImportKnown(known, head, out change);
        }

        ValidationResult result = CheckBeforeWork(block, head, out ChainPosition? parent);
        if (!result.IsValid)
        {
            return result;
        }

        result = CheckWork(block, out Hash256 ticket);
        if (!result.IsValid)
        {
            return result;
        }

        ChainPosition position = new(
            block.Header, block.Id, ticket, parent!.TotalWork + difficulty.Work(block.Header.Bits), OperandsOf(block));
        if (parent.Id == head.Id)
        {
            return Extend(block, position, head, out change);
        }

        WriteBatch batch = new();
        ChainStore.PutBlock(batch, position.Id, block);
        ChainStore.PutEntry(batch, new BlockEntry(position, BlockStatus.Stored));
        store.Apply(batch);
        return position.TotalWork > head.TotalWork ? Reorganize(position, head, out change) : ValidationResult.Ok;
    }

    private ValidationResult ImportKnown(BlockEntry known, ChainHead head, out ChainChange? change)
    {
        change = null;
        if (known.Status == BlockStatus.Invalid)
        {
            return ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(Block), "The block is known to be invalid.");
        }

        // A crash between storing the tip of a heavier chain and following it leaves such a block behind.
        bool follow = known.Position.TotalWork > head.TotalWork && ForkPoint(known).Header.Height >= head.FinalizedHeight;
        return follow
            ? Reorganize(known.Position, head, out change)
            : ValidationResult.Fail(ValidationCode.AlreadyKnown, nameof(Block), "The block is known.");
    }

    private ValidationResult CheckBeforeWork(Block block, ChainHead head, out ChainPosition? parent)
    {
        parent = null;
        ValidationResult form = rules.CheckForm(block);
        if (!form.IsValid)
        {
            return form;
        }

        BlockEntry? entry = store.GetEntry(block.Header.ParentHash);
        if (entry is null)
        {
            return ValidationResult.Fail(ValidationCode.UnknownParent, nameof(BlockHeader.ParentHash), $"{block.Header.ParentHash} is not known.");
        }

        if (entry.Status == BlockStatus.Invalid)
        {
            return ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(BlockHeader.ParentHash), "The parent is known to be invalid.");
        }

        parent = entry.Position;
        ValidationResult header = rules.CheckHeader(block.Header, entry.Header);
        return header.IsValid && ForkPoint(entry).Header.Height < head.FinalizedHeight
            ? ValidationResult.Fail(ValidationCode.BelowFinalized, nameof(BlockHeader.ParentHash), $"Forks below height {head.FinalizedHeight}.")
            : header;
    }

    /// <summary>From cheap to dear: commitment, the claimed ticket, one signature, the openings.</summary>
    private ValidationResult CheckWork(Block block, out Hash256 ticket)
    {
        ticket = default;
        if (block.Header.CertificateCommitment != BlockHeader.CommitTo(block.Certificate.PublicData.Span))
        {
            return ValidationResult.Fail(
                ValidationCode.WrongCertificateCommitment, nameof(BlockHeader.CertificateCommitment), "Not the commitment of the public data.");
        }

        ValidationResult claimed = verifier.VerifyPublicData(block.Header, block.Certificate.PublicData, out _);
        ValidationResult signed = claimed.IsValid ? rules.CheckSeal(block) : claimed;
        return signed.IsValid ? verifier.Verify(block.Header, block.Certificate, out ticket) : signed;
    }

    // Only bound blocks are asked for it, and their public data was decoded by the verifier.
    private static Hash256 OperandsOf(Block block) =>
        block.Header.Claim is not null && WorkPublicData.TryDecode(block.Certificate.PublicData.Span, out WorkPublicData? data).IsValid
            ? OperationDigest.Of(data!)
            : Hash256.Zero;

    private ValidationResult Extend(Block block, ChainPosition position, ChainHead head, out ChainChange? change)
    {
        change = null;
        WriteBatch batch = new();
        ValidationResult executed = executor.Execute(head.Position, block, batch, out ExecutionOutcome? outcome);
        if (!executed.IsValid)
        {
            // The id fixes every byte that execution reads, so the verdict on the id is final.
            store.Apply(MarkInvalid(new WriteBatch(), position));
            return executed;
        }

        ChainHead next = new(position, Later(outcome!.Finalized, head));
        ChainStore.PutBlock(batch, position.Id, block);
        ChainStore.PutReceipts(batch, position.Id, outcome.Receipts);
        ChainStore.PutEntry(batch, new BlockEntry(position, BlockStatus.Executed));
        ChainStore.Attach(batch, position.Id, block);
        ChainStore.WriteHead(batch, next.Id, next.Finalized);
        store.Apply(batch);
        change = new ChainChange(next, [], [(block, outcome.Receipts)]);
        return ValidationResult.Ok;
    }

    private ValidationResult Reorganize(ChainPosition tip, ChainHead head, out ChainChange? change)
    {
        change = null;
        List<BlockEntry> branch = BranchTo(tip.Id, out BlockEntry fork);
        ValidationResult executed = ExecuteBranch(branch, fork.Position);
        if (!executed.IsValid)
        {
            return executed;
        }

        WriteBatch batch = new();
        List<Block> detached = [];
        for (ulong height = head.Height; height > fork.Header.Height; height--)
        {
            Block block = Load(store.GetCanonical(height) ?? default);
            ChainStore.Detach(batch, block);
            detached.Add(block);
        }

        List<(Block Block, IReadOnlyList<Receipt> Receipts)> attached = [];
        foreach (BlockEntry entry in branch)
        {
            Block block = Load(entry.Position.Id);
            ChainStore.Attach(batch, entry.Position.Id, block);
            attached.Add((block, store.GetReceipts(entry.Position.Id) ?? throw new ChainException("Receipts of an executed block are missing.")));
        }

        ChainHead next = new(tip, Later(executor.FinalizedAfter(tip.Header), head));
        ChainStore.WriteHead(batch, next.Id, next.Finalized);
        store.Apply(batch);
        change = new ChainChange(next, detached, attached);
        return ValidationResult.Ok;
    }

    /// <summary>Executes what was not executed yet, one durable batch a block; a failure condemns the block and all above it.</summary>
    private ValidationResult ExecuteBranch(List<BlockEntry> branch, ChainPosition parent)
    {
        for (int i = 0; i < branch.Count; i++)
        {
            ChainPosition position = branch[i].Position;
            if (branch[i].Status != BlockStatus.Executed)
            {
                WriteBatch batch = new();
                ValidationResult executed = executor.Execute(parent, Load(position.Id), batch, out ExecutionOutcome? outcome);
                if (!executed.IsValid)
                {
                    return Condemn(branch, i, executed);
                }

                ChainStore.PutReceipts(batch, position.Id, outcome!.Receipts);
                ChainStore.PutEntry(batch, new BlockEntry(position, BlockStatus.Executed));
                store.Apply(batch);
            }

            parent = position;
        }

        return ValidationResult.Ok;
    }

    private ValidationResult Condemn(List<BlockEntry> branch, int failed, ValidationResult reason)
    {
        WriteBatch batch = new();
        for (int i = failed; i < branch.Count; i++)
        {
            MarkInvalid(batch, branch[i].Position);
        }

        store.Apply(batch);
        return failed == branch.Count - 1
            ? reason
            : ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(BlockHeader.ParentHash), $"{branch[failed].Position.Id}: {reason}");
    }

    private static WriteBatch MarkInvalid(WriteBatch batch, ChainPosition position)
    {
        ChainStore.PutEntry(batch, new BlockEntry(position, BlockStatus.Invalid));
        return batch;
    }

    /// <summary>The blocks between the chain of the head and a tip, upward.</summary>
    private List<BlockEntry> BranchTo(Hash256 tip, out BlockEntry fork)
    {
        List<BlockEntry> branch = [];
        BlockEntry at = Entry(tip);
        while (!IsCanonical(at))
        {
            branch.Add(at);
            at = Entry(at.Header.ParentHash);
        }

        branch.Reverse();
        fork = at;
        return branch;
    }

    private BlockEntry ForkPoint(BlockEntry at)
    {
        while (!IsCanonical(at))
        {
            at = Entry(at.Header.ParentHash);
        }

        return at;
    }

    private bool IsCanonical(BlockEntry entry) => store.GetCanonical(entry.Header.Height) == entry.Position.Id;

    private BlockEntry Entry(Hash256 id) => store.GetEntry(id) ?? throw new ChainException($"The stored block {id} is missing.");

    private Block Load(Hash256 id) => store.GetBlock(id) ?? throw new ChainException($"The stored block {id} is missing.");

    /// <summary>
    /// The highest checkpoint that was ever final on the chain of a head. What a branch finalizes counts from when it becomes the head's;
    /// a head never leaves a finalized checkpoint, so the node's is an ancestor of every new tip.
    /// </summary>
    private static Checkpoint Later(Checkpoint finalized, ChainHead previous)
    {
        return finalized.Height > previous.FinalizedHeight ? finalized : previous.Finalized;
    }
}
