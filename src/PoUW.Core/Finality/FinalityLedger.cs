using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.Finality;

/// <summary>Reads what the finality module keeps in a state. Pure functions; as thread-safe as the state.</summary>
public static class FinalityLedger
{
    /// <summary>The highest finalized checkpoint; genesis if no other is.</summary>
    public static Checkpoint Finalized(IStateReader state) => At(state, FinalityRecords.Status(state).FinalizedHeight);

    /// <summary>The highest justified checkpoint; genesis if no other is.</summary>
    public static Checkpoint Justified(IStateReader state) => At(state, FinalityRecords.Status(state).JustifiedHeight);

    /// <summary>The newest checkpoint that the state knows. A checkpoint is known from the block after it on.</summary>
    public static Checkpoint Latest(IStateReader state) => At(state, FinalityRecords.Status(state).LatestHeight);

    /// <summary>The id of the checkpoint at a height; null if there is none, if it is not known yet, or if it is below the finalized one.</summary>
    public static Hash256? CheckpointId(IStateReader state, ulong height) => FinalityRecords.Checkpoint(state, height)?.Id;

    /// <summary>True if the checkpoint at a height is justified; false too for those below the finalized one, which are forgotten.</summary>
    public static bool IsJustified(IStateReader state, ulong height) => FinalityRecords.Checkpoint(state, height)?.Justified ?? false;

    /// <summary>
    /// The power behind the link between two checkpoints, as it was when each voted; zero if there are no votes or the target is not above
    /// the finalized checkpoint.
    /// </summary>
    public static UInt128 Tally(IStateReader state, ulong source, ulong target) => FinalityRecords.Link(state, source, target)?.Tally ?? 0;

    /// <summary>The last vote of an account that was counted on this chain; null if it never voted.</summary>
    public static CheckpointVote? LastVote(IStateReader state, Address voter) => FinalityRecords.LastVote(state, voter);

    private static Checkpoint At(IStateReader state, ulong height) => new(height, CheckpointId(state, height) ?? Hash256.Zero);
}
