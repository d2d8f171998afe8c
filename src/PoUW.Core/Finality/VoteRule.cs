using PoUW.Core.Ledger;

namespace PoUW.Core.Finality;

/// <summary>
/// What an honest voter signs. The vote goes from the highest justified checkpoint of the head's state to the newest one, its target is
/// above that of every earlier vote, and its source is not below that of the last one; so no two votes conflict, on whatever branches
/// they were cast. A pure function.
/// </summary>
public static class VoteRule
{
    /// <summary>The next vote, or null if there is nothing to vote for.</summary>
    /// <param name="state">The state of the head.</param>
    /// <param name="last">
    /// The last vote that the voter signed, on whatever branch; null if it never signed one. The caller must store a vote durably before
    /// it sends it: a voter that forgets its last vote can be slashed.
    /// </param>
    public static CheckpointVote? Next(IStateReader state, CheckpointVote? last)
    {
        Checkpoint source = FinalityLedger.Justified(state);
        Checkpoint target = FinalityLedger.Latest(state);
        bool possible = target.Height > source.Height
            && (last is null || (target.Height > last.TargetHeight && source.Height >= last.SourceHeight));
        return possible ? new CheckpointVote(source.Height, source.Id, target.Height, target.Id) : null;
    }
}
