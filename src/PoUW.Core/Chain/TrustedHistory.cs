using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Validation;

namespace PoUW.Core.Chain;

/// <summary>
/// What a configured checkpoint changes. Nodes prune old witnesses, so nobody can prove the work of old blocks to a node that joins
/// later; such a node takes them without witness up to a checkpoint that its operator trusts, and credits them no work. A branch that
/// holds the checkpoint beats every branch that does not, whatever their work, since work below the checkpoint proves nothing.
/// Immutable.
/// </summary>
internal sealed class TrustedHistory(Checkpoint? trusted)
{
    /// <summary>Refuses other blocks at the checkpoint's height: every higher block then descends from the checkpoint.</summary>
    internal ValidationResult Check(BlockHeader header) => trusted is { } known && header.Height == known.Height && header.Id != known.Id
        ? ValidationResult.Fail(
            ValidationCode.WrongCheckpoint, nameof(header.Height), $"The trusted block at height {known.Height} is {known.Id}.")
        : ValidationResult.Ok;

    /// <summary>Refuses a block without witness that no checkpoint vouches for.</summary>
    internal ValidationResult CheckWitness(Block block, bool solicited) => !block.Certificate.Witness.IsEmpty || (solicited && IsCovered(block.Header))
        ? ValidationResult.Ok
        : ValidationResult.Fail(
            ValidationCode.MissingWitness,
            nameof(block.Certificate.Witness),
            trusted is { } known
                ? $"The witness is missing; blocks without witness are taken on request and up to the trusted height {known.Height} only."
                : "The witness is missing, and no checkpoint is trusted here.");

    /// <summary>True if a branch of this tip replaces the head.</summary>
    internal bool Wins(ChainPosition tip, ChainHead head) => Beats(tip.Header, tip.TotalWork, head.Header, head.TotalWork);

    /// <summary>True if a branch replaces another: it holds the checkpoint and the other does not, or it has more work.</summary>
    internal bool Beats(BlockHeader tip, BigInteger work, BlockHeader other, BigInteger otherWork)
    {
        bool tipHolds = Holds(tip);
        return tipHolds == Holds(other) ? work > otherWork : tipHolds;
    }

    /// <summary>
    /// The highest checkpoint that was ever final on the chain of a head. Nothing is final below the trusted checkpoint before it is
    /// reached: votes in blocks whose work nobody has verified must not lock a node out of the trusted chain.
    /// </summary>
    internal Checkpoint FinalizedAt(BlockHeader tip, Checkpoint finalized, Checkpoint previous)
    {
        if (trusted is not { } known)
        {
            return Later(finalized, previous);
        }

        return Holds(tip) ? Later(Later(finalized, known), previous) : previous;
    }

    /// <exception cref="ChainException">The stored chain holds another block at the checkpoint's height.</exception>
    internal void ThrowIfContradicted(ChainStore store)
    {
        if (trusted is { } known && store.GetCanonical(known.Height) is { } stored && stored != known.Id)
        {
            throw new ChainException($"The stored chain holds {stored} at height {known.Height}, where {known.Id} is trusted.");
        }
    }

    private static Checkpoint Later(Checkpoint finalized, Checkpoint previous) => finalized.Height > previous.Height ? finalized : previous;

    private bool IsCovered(BlockHeader header) => trusted is { } known && header.Height <= known.Height;

    private bool Holds(BlockHeader tip) => trusted is not { } known || tip.Height >= known.Height;
}
