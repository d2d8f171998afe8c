namespace PoUW.Economics.TileWork;

/// <summary>What backs the bound tickets of a lease. Values are part of the state encoding.</summary>
public enum WorkLane : byte
{
    /// <summary>Coins of the job's escrow were burned for them.</summary>
    Paid = 1,

    /// <summary>The network's commons job: nothing was burned, and the bonus is capped by epoch.</summary>
    Commons = 2,
}
