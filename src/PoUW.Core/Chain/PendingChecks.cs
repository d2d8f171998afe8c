using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Chain;

/// <summary>
/// What the chain can say of headers and blocks that it does not take yet: headers whose blocks are not known, blocks whose parents are not.
/// Reads the store without the chain's lock, so an answer may be one import old; importing the block decides.
/// </summary>
internal sealed class PendingChecks(
    ChainStore store, BlockRules rules, HeaderChecks headers, TrustedHistory trust, IDifficultyRule difficulty, Func<ChainHead> head, int maxBlockBytes)
{
    // Difficulty follows the clock, so a block that is some hours off the head has about the head's bits. What is much easier than that is left
    // to the sync of headers, which knows the parent.
    private const int EasiestShare = 16;
    private const ulong MaxHeightsAhead = 1024;

    /// <summary>The cheap checks of a header whose block is not known, on top of other such headers.</summary>
    internal ValidationResult CheckHeader(BlockHeader header, ReadOnlyMemory<byte> publicData, Func<Hash256, BlockHeader?> pending) =>
        headers.Check(header, publicData, head(), pending);

    /// <summary>One signature.</summary>
    internal ValidationResult CheckSeal(SignedHeader signed) => rules.CheckSeal(signed.Header, signed.Seal);

    /// <summary>
    /// Checks all that can be checked cheaply of a block whose parent is not known. What passes has a ticket for at least a sixteenth of the
    /// head's work behind it.
    /// </summary>
    internal ValidationResult CheckOrphan(Block block)
    {
        ValidationResult result = rules.CheckSize(block);
        result = result.IsValid ? CheckUnattached(block.Header, block.Certificate.PublicData) : result;
        result = result.IsValid ? BlockRules.CheckBody(block) : result;
        return result.IsValid ? trust.CheckWitness(block, solicited: false) : result;
    }

    /// <summary>The part of <see cref="CheckOrphan"/> that a header shows.</summary>
    internal ValidationResult CheckUnattached(BlockHeader header, ReadOnlyMemory<byte> publicData)
    {
        ValidationResult result = rules.CheckHeaderForm(header);
        result = result.IsValid ? CheckReach(header) : result;
        result = result.IsValid ? headers.CheckWork(header, publicData, out _) : result;
        if (result.IsValid && difficulty.Work(header.Bits) * EasiestShare < difficulty.Work(head().Header.Bits))
        {
            // Nobody can say that these bits are wrong, so nobody is at fault.
            return ValidationResult.Fail(ValidationCode.UnknownParent, nameof(BlockHeader.Bits), "Too little work for a block without a parent.");
        }

        return result;
    }

    /// <summary>
    /// Looks at the header of an encoded block and at nothing behind it: is the block worth decoding?
    /// </summary>
    internal ValidationResult Peek(ReadOnlySpan<byte> encodedBlock)
    {
        if (encodedBlock.Length > Block.MaxEncodedBytes(maxBlockBytes))
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(Block), $"{encodedBlock.Length} bytes.");
        }

        RlpReader outer = new(encodedBlock);
        RlpReader items = outer.ReadList();
        BlockHeader header = BlockHeader.Read(ref items, out bool complete);
        if (!complete)
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(Block.Header), "Not the canonical encoding of a header.");
        }

        ValidationResult form = rules.CheckHeaderForm(header);
        return form.IsValid ? CheckKnown(header) : form;
    }

    /// <summary>True if blocks may be built on a block: the chain has it, not as invalid, on a branch that does not contradict finality.</summary>
    internal bool CanExtend(Hash256 id) =>
        store.GetEntry(id) is { } entry && entry.Status != BlockStatus.Invalid && headers.Forks.HeightOf(entry) >= head().FinalizedHeight;

    /// <summary>True if the chain knows that the block is invalid, whoever sends it.</summary>
    internal bool IsInvalid(Hash256 id) => store.GetEntry(id) is { Status: BlockStatus.Invalid };

    /// <summary>The work that bits of a header that passed <see cref="CheckHeader"/> claim.</summary>
    internal BigInteger WorkOf(BlockHeader header) => difficulty.Work(header.Bits);

    /// <summary>True if a branch with this tip would replace the head, if its headers told the truth.</summary>
    internal bool WouldWin(BlockHeader tip, BigInteger work) => trust.Beats(tip, work, head().Header, head().TotalWork);

    /// <summary>True if one branch would replace another.</summary>
    internal bool Beats(BlockHeader tip, BigInteger work, BlockHeader other, BigInteger otherWork) => trust.Beats(tip, work, other, otherWork);

    private ValidationResult CheckKnown(BlockHeader header)
    {
        if (store.GetEntry(header.Id) is { } known)
        {
            if (known.Status == BlockStatus.Invalid)
            {
                return ValidationResult.Fail(ValidationCode.InvalidAncestor, nameof(Block), "The block is known to be invalid.");
            }

            // A branch that a crash left unfollowed is followed when its tip comes again.
            return trust.Wins(known.Position, head())
                ? ValidationResult.Ok
                : ValidationResult.Fail(ValidationCode.AlreadyKnown, nameof(Block), "The block is known.");
        }

        return store.GetEntry(header.ParentHash) is null
            ? ValidationResult.Fail(ValidationCode.UnknownParent, nameof(header.ParentHash), $"{header.ParentHash} is not known.")
            : ValidationResult.Ok;
    }

    private ValidationResult CheckReach(BlockHeader header)
    {
        ChainHead now = head();
        if (header.Height <= now.FinalizedHeight)
        {
            return ValidationResult.Fail(ValidationCode.BelowFinalized, nameof(header.Height), $"Height {now.FinalizedHeight} is final.");
        }

        return header.Height - now.FinalizedHeight <= now.Height - now.FinalizedHeight + MaxHeightsAhead
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.UnknownParent, nameof(header.Height), "Too far above the head to be kept.");
    }
}
