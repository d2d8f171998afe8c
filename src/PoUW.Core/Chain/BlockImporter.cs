using System.Numerics;
using System.Runtime.InteropServices;
using PoUW.Core.Blocks;
using PoUW.Core.Notifications;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Chain;

/// <summary>Validates and adds one block at a time. The caller holds the chain's lock.</summary>
internal sealed class BlockImporter(
    ChainStore store, BlockExecutor executor, BlockRules rules, HeaderChecks headers, IDifficultyRule difficulty, IWorkVerifier verifier,
    TrustedHistory trust, NotificationLog log)
{
    // Filled anew for every block that extends the head, so that its memory is not garbage.
    private readonly WriteBatch _batch = new();

    /// <summary>
    /// Imports a block. Its checks go from cheap to dear, and a later one is not begun before all earlier ones have passed: size and form;
    /// whether it and its parent are known; what depends on ancestors; the body; public data and claimed ticket; whether the witness is there;
    /// the seal; the openings; execution, which begins with the transactions' signatures.
    /// </summary>
    /// <param name="block">The block.</param>
    /// <param name="head">The head before.</param>
    /// <param name="admit">Asked before the dear checks of a block that nobody asked for; null for one that was asked for.</param>
    /// <param name="change">How the chain of the head changed; null if it did not.</param>
    internal ValidationResult Import(Block block, ChainHead head, Func<bool>? admit, out ChainChange? change)
    {
        change = null;
        Hash256 id = block.Id;
        ValidationResult result = rules.CheckSize(block);
        result = result.IsValid ? rules.CheckHeaderForm(block.Header) : result;
        if (!result.IsValid)
        {
            return result;
        }

        if (store.GetEntry(id) is { } known)
        {
            return ImportKnown(known, head, out change);
        }

        result = CheckCheaply(block, head, admit is null, out ChainPosition? parent, out Hash256 ticket);
        if (result.IsValid && admit is not null && !admit())
        {
            result = ValidationResult.Fail(ValidationCode.RateLimited, nameof(Block.Certificate), "Too many certificates that nobody asked for.");
        }

        result = result.IsValid ? CheckDearly(block, ref ticket) : result;
        if (!result.IsValid)
        {
            return result;
        }

        // Work that was not verified is not credited; the trusted checkpoint alone decides for such a branch.
        BigInteger work = block.Certificate.Witness.IsEmpty ? BigInteger.Zero : difficulty.Work(block.Header.Bits);
        ChainPosition position = new(block.Header, id, ticket, parent!.TotalWork + work, OperandsOf(block));
        if (parent.Id == head.Id)
        {
            return Extend(block, position, head, out change);
        }

        result = Keep(block, position, parent);
        return result.IsValid && trust.Wins(position, head) ? Reorganize(position, head, out change) : result;
    }

    private ValidationResult ImportKnown(BlockEntry known, ChainHead head, out ChainChange? change)
    {
        change = null;
        if (known.Status == BlockStatus.Invalid)
        {
            return ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(Block), "The block is known to be invalid.");
        }

        // A crash between storing the tip of a heavier chain and following it leaves such a block behind.
        bool follow = trust.Wins(known.Position, head) && headers.Forks.HeightOf(known) >= head.FinalizedHeight;
        return follow
            ? Reorganize(known.Position, head, out change)
            : ValidationResult.Fail(ValidationCode.AlreadyKnown, nameof(Block), "The block is known.");
    }

    private ValidationResult CheckCheaply(Block block, ChainHead head, bool solicited, out ChainPosition? parent, out Hash256 ticket)
    {
        (parent, ticket) = (null, default);
        ValidationResult result = headers.CheckAncestors(block.Header, head, null, out parent);
        result = result.IsValid ? BlockRules.CheckBody(block) : result;
        result = result.IsValid ? headers.CheckWork(block.Header, block.Certificate.PublicData, out ticket) : result;
        return result.IsValid ? trust.CheckWitness(block, solicited) : result;
    }

    /// <summary>One signature, then the openings; a witness that a trusted checkpoint vouches for may be missing.</summary>
    private ValidationResult CheckDearly(Block block, ref Hash256 ticket)
    {
        ValidationResult signed = rules.CheckSeal(block.Header, block.Seal);
        return signed.IsValid && !block.Certificate.Witness.IsEmpty ? verifier.Verify(block.Header, block.Certificate, out ticket) : signed;
    }

    /// <summary>
    /// Adds a block beside the head's chain. Such blocks are executed once they win, but a bound one at once: its ticket pays for any number of
    /// headers, so what is false in them must not be kept or passed on, and what is true has a producer with a stake to lose by the second.
    /// Its ancestors are executed for it, each once; each has paid with work of its own or has been executed here.
    /// </summary>
    private ValidationResult Keep(Block block, ChainPosition position, ChainPosition parent)
    {
        WriteBatch batch = new();
        BlockStatus status = BlockStatus.Stored;
        if (block.Header.Claim is not null)
        {
            List<BlockEntry> branch = UnexecutedTo(parent.Id, out BlockEntry last);
            ValidationResult ancestors = ExecuteBranch(branch, last.Position);
            if (!ancestors.IsValid)
            {
                return ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(BlockHeader.ParentHash), $"{parent.Id}: {ancestors}");
            }

            parent = branch.Count > 0 ? branch[^1].Position : parent;
            ValidationResult executed = executor.Execute(parent, block, batch, out ExecutionOutcome? outcome);
            if (!executed.IsValid)
            {
                return executed;
            }

            ChainStore.PutReceipts(batch, position.Id, outcome!.Receipts);
            position = position with { State = outcome.State };
            status = BlockStatus.Executed;
        }

        store.PutBlock(batch, position.Id, block);
        ChainStore.PutEntry(batch, new BlockEntry(position, status));
        store.Apply(batch);
        return ValidationResult.Ok;
    }

    // Only bound blocks are asked for it, and their public data was decoded by the verifier.
    internal static Hash256 OperandsOf(Block block) =>
        block.Header.Claim is not null && WorkPublicData.TryDecode(block.Certificate.PublicData.Span, out WorkPublicData? data).IsValid
            ? OperationDigest.Of(data!)
            : Hash256.Zero;

    private ValidationResult Extend(Block block, ChainPosition position, ChainHead head, out ChainChange? change)
    {
        change = null;
        WriteBatch batch = _batch;
        batch.Clear();
        ValidationResult executed = executor.Execute(head.Position, block, batch, out ExecutionOutcome? outcome);
        if (!executed.IsValid)
        {
            // The id fixes every byte that execution reads, so the verdict on the id is final. It is not kept of a bound block: one ticket
            // makes any number of them, and one without transactions is soon refused again.
            if (block.Header.Claim is null)
            {
                store.Apply(MarkInvalid(new WriteBatch(), position));
            }

            return executed;
        }

        position = position with { State = outcome!.State };
        ChainHead next = new(position, trust.FinalizedAt(position.Header, outcome.Finalized, head.Finalized));
        store.PutBlock(batch, position.Id, block);
        ChainStore.PutReceipts(batch, position.Id, outcome.Receipts);
        ChainStore.PutEntry(batch, new BlockEntry(position, BlockStatus.Executed));
        ChainStore.Attach(batch, position.Id, block);
        ChainStore.WriteHead(batch, next.Id, next.Finalized);
        log.Write(batch, [new ChainStep(true, next.Height, next.Id)], head.FinalizedHeight);
        store.Apply(batch);
        log.Advance(next);
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

        tip = branch[^1].Position;
        WriteBatch batch = new();
        List<ChainStep> steps = [];
        List<Block> detached = [];
        for (ulong height = head.Height; height > fork.Header.Height; height--)
        {
            Hash256 id = store.GetCanonical(height) ?? default;
            Block block = Load(id);
            ChainStore.Detach(batch, block);
            detached.Add(block);
            steps.Add(new ChainStep(false, height, id));
        }

        List<(Block Block, IReadOnlyList<Receipt> Receipts)> attached = [];
        foreach (BlockEntry entry in branch)
        {
            Block block = Load(entry.Position.Id);
            ChainStore.Attach(batch, entry.Position.Id, block);
            attached.Add((block, store.GetReceipts(entry.Position.Id) ?? throw new ChainException("Receipts of an executed block are missing.")));
            steps.Add(new ChainStep(true, entry.Header.Height, entry.Position.Id));
        }

        ChainHead next = new(tip, trust.FinalizedAt(tip.Header, executor.FinalizedAfter(tip), head.Finalized));
        ChainStore.WriteHead(batch, next.Id, next.Finalized);
        log.Write(batch, CollectionsMarshal.AsSpan(steps), head.FinalizedHeight);
        store.Apply(batch);
        headers.Forks.Clear();
        log.Advance(next);
        change = new ChainChange(next, detached, attached);
        return ValidationResult.Ok;
    }

    /// <summary>Executes what was not executed yet, one durable batch a block, and puts the states into the list; a failure condemns the block and all above it.</summary>
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

                position = position with { State = outcome!.State };
                branch[i] = new BlockEntry(position, BlockStatus.Executed);
                ChainStore.PutReceipts(batch, position.Id, outcome.Receipts);
                ChainStore.PutEntry(batch, branch[i]);
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
    private List<BlockEntry> BranchTo(Hash256 tip, out BlockEntry fork) => Above(tip, IsCanonical, out fork);

    /// <summary>The blocks up to a tip that were not executed: what lies below the last executed one need not be read.</summary>
    private List<BlockEntry> UnexecutedTo(Hash256 tip, out BlockEntry last) => Above(tip, static entry => entry.Status == BlockStatus.Executed, out last);

    private List<BlockEntry> Above(Hash256 tip, Predicate<BlockEntry> isBase, out BlockEntry found)
    {
        List<BlockEntry> branch = [];
        BlockEntry at = Entry(tip);
        while (!isBase(at))
        {
            branch.Add(at);
            at = Entry(at.Header.ParentHash);
        }

        branch.Reverse();
        found = at;
        return branch;
    }

    private bool IsCanonical(BlockEntry entry) => store.GetCanonical(entry.Header.Height) == entry.Position.Id;

    private BlockEntry Entry(Hash256 id) => store.GetEntry(id) ?? throw new ChainException($"The stored block {id} is missing.");

    private Block Load(Hash256 id) => store.GetBlock(id) ?? throw new ChainException($"The stored block {id} is missing.");
}
