using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Finality;

/// <summary>
/// The payload of a vote: the link from a justified checkpoint to a later one (Buterin and Griffith 2017, "Casper the Friendly Finality
/// Gadget", section 2). The voter is the sender of the transaction, whose signature is the vote's. Encoding: RLP list in the order of the
/// fields. Immutable.
/// </summary>
/// <param name="SourceHeight">Height of the justified checkpoint.</param>
/// <param name="SourceId">Its id.</param>
/// <param name="TargetHeight">Height of the checkpoint that is to be justified; above the source's.</param>
/// <param name="TargetId">Its id.</param>
public sealed record CheckpointVote(ulong SourceHeight, Hash256 SourceId, ulong TargetHeight, Hash256 TargetId)
{
    /// <summary>Largest encoding in bytes.</summary>
    public const int MaxEncodedBytes = 96;

    /// <summary>SHA-256 of the encoding.</summary>
    public Hash256 Hash => Hash256.Sha256(Encode());

    /// <summary>The canonical encoding.</summary>
    public byte[] Encode()
    {
        return new RlpWriter().BeginList().Write(SourceHeight).Write(SourceId).Write(TargetHeight).Write(TargetId).EndList().Finish();
    }

    /// <summary>
    /// True if one voter may never sign both (the paper's two slashing conditions): different votes for one target height, or one vote
    /// whose link lies strictly around the other's.
    /// </summary>
    public bool ConflictsWith(CheckpointVote other)
    {
        return TargetHeight == other.TargetHeight ? this != other : Surrounds(other) || other.Surrounds(this);
    }

    /// <summary>Reads a vote; fails on any deviation from the canonical form, and if the target is not above the source.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out CheckpointVote? vote)
    {
        vote = null;
        if (data.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(CheckpointVote), $"{data.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        CheckpointVote read = new(items.ReadUInt64(), items.ReadHash(), items.ReadUInt64(), items.ReadHash());
        if (!items.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(CheckpointVote), "Not the canonical encoding of a vote.");
        }

        if (read.TargetHeight <= read.SourceHeight)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, nameof(TargetHeight), $"The target {read.TargetHeight} is not above the source {read.SourceHeight}.");
        }

        vote = read;
        return ValidationResult.Ok;
    }

    private bool Surrounds(CheckpointVote other) => SourceHeight < other.SourceHeight && other.TargetHeight < TargetHeight;
}
