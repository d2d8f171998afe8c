using System.Buffers.Binary;
using PoUW.Core.Primitives;

namespace PoUW.Core.Finality;

/// <summary>
/// Who did what. The hash names the offence, not its proof, so that one offence is punished once: all votes of an account for one target
/// height are one offence, all its blocks on one parent are one, and each pair of votes that surround one another is one.
/// </summary>
internal sealed record Offence(Address Offender, Hash256 Hash)
{
    /// <summary>The offence of two votes that conflict, in whatever order.</summary>
    internal static Offence OfVotes(Address voter, CheckpointVote first, CheckpointVote second)
    {
        if (first.TargetHeight == second.TargetHeight)
        {
            byte[] height = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(height, first.TargetHeight);
            return new Offence(voter, Hash256.Sha256([.. "PoUW/double-vote"u8, .. height]));
        }

        (CheckpointVote lower, CheckpointVote upper) = first.TargetHeight < second.TargetHeight ? (first, second) : (second, first);
        return new Offence(voter, Hash256.Sha256([.. "PoUW/surround-vote"u8, .. lower.Hash.ToArray(), .. upper.Hash.ToArray()]));
    }

    internal static Offence OfBlocks(Address producer, Hash256 parent)
    {
        return new Offence(producer, Hash256.Sha256([.. "PoUW/double-block"u8, .. parent.ToArray()]));
    }
}
