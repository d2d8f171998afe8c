using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.Finality;

/// <summary>
/// Counts votes, and justifies and finalizes checkpoints. A vote weighs what its sender's does when it is included. When a link would
/// pass two thirds, all its voters are counted again with the power that they have then, so that neither stake that was slashed in
/// between nor stake that moved to another account and voted twice decides anything.
/// </summary>
internal sealed class VoteTally(IVotingPower power)
{
    /// <summary>Counts a vote that was checked.</summary>
    internal void Add(IStateWriter state, CheckpointVote vote, Address voter, ulong epochBlocks)
    {
        FinalityRecords.SetLastVote(state, voter, vote);
        VoteLink link = FinalityRecords.Link(state, vote.SourceHeight, vote.TargetHeight) ?? Open(state, vote);
        if (link.Decided)
        {
            return;
        }

        FinalityRecords.SetVoter(state, vote.SourceHeight, vote.TargetHeight, link.Voters, voter);
        link = link with { Tally = Sum(link.Tally, power.PowerOf(state, voter)), Voters = link.Voters + 1 };
        UInt128 total = power.TotalPower(state);
        if (IsSupermajority(link.Tally, total))
        {
            UInt128 recount = Recount(state, vote, link.Voters);
            link = link with { Tally = recount, Decided = IsSupermajority(recount, total) };
        }

        FinalityRecords.SetLink(state, vote.SourceHeight, vote.TargetHeight, link);
        if (link.Decided)
        {
            Justify(state, vote, epochBlocks);
        }
    }

    /// <summary>3 * part &gt; 2 * total, without a product that could overflow.</summary>
    internal static bool IsSupermajority(UInt128 part, UInt128 total)
    {
        if (part >= total)
        {
            return part > 0;
        }

        UInt128 rest = total - part;
        return part > rest && part - rest > rest;
    }

    private static VoteLink Open(IStateWriter state, CheckpointVote vote)
    {
        CheckpointRecord target = FinalityRecords.Checkpoint(state, vote.TargetHeight)!;
        FinalityRecords.SetCheckpoint(state, vote.TargetHeight, target with { Sources = [.. target.Sources, vote.SourceHeight] });
        return VoteLink.Empty;
    }

    private UInt128 Recount(IStateReader state, CheckpointVote vote, ulong voters)
    {
        UInt128 sum = 0;
        for (ulong i = 0; i < voters; i++)
        {
            sum = Sum(sum, power.PowerOf(state, FinalityRecords.Voter(state, vote.SourceHeight, vote.TargetHeight, i)));
        }

        return sum;
    }

    private static UInt128 Sum(UInt128 left, UInt128 right) => right > UInt128.MaxValue - left ? UInt128.MaxValue : left + right;

    private static void Justify(IStateWriter state, CheckpointVote vote, ulong epochBlocks)
    {
        CheckpointRecord target = FinalityRecords.Checkpoint(state, vote.TargetHeight)!;
        FinalityRecords.SetCheckpoint(state, vote.TargetHeight, target with { Justified = true });
        FinalityStatus status = FinalityRecords.Status(state);
        status = status with { JustifiedHeight = Math.Max(status.JustifiedHeight, vote.TargetHeight) };
        bool direct = CheckpointHeights.Next(vote.SourceHeight, epochBlocks) == vote.TargetHeight;
        if (direct && vote.SourceHeight > status.FinalizedHeight)
        {
            Prune(state, status.FinalizedHeight, vote.SourceHeight, epochBlocks);
            status = status with { FinalizedHeight = vote.SourceHeight };
        }

        FinalityRecords.SetStatus(state, status);
    }

    /// <summary>Forgets the checkpoints below the new finalized one, and the votes for them and for it.</summary>
    private static void Prune(IStateWriter state, ulong from, ulong finalized, ulong epochBlocks)
    {
        for (ulong height = from; height <= finalized; height = CheckpointHeights.Next(height, epochBlocks))
        {
            CheckpointRecord checkpoint = FinalityRecords.Checkpoint(state, height)!;
            foreach (ulong source in checkpoint.Sources)
            {
                DropLink(state, source, height);
            }

            FinalityRecords.SetCheckpoint(state, height, height == finalized ? checkpoint with { Sources = [] } : null);
        }
    }

    private static void DropLink(IStateWriter state, ulong source, ulong target)
    {
        ulong voters = FinalityRecords.Link(state, source, target)!.Voters;
        for (ulong i = 0; i < voters; i++)
        {
            FinalityRecords.SetVoter(state, source, target, i, null);
        }

        FinalityRecords.SetLink(state, source, target, null);
    }
}
