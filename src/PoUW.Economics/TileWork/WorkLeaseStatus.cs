namespace PoUW.Economics.TileWork;

/// <summary>Where an activated lease is. Values are part of the state encoding.</summary>
public enum WorkLeaseStatus : byte
{
    /// <summary>Its operations may be claimed.</summary>
    Open = 1,

    /// <summary>The unit is committed; no more claims, the verdict on its wins is open.</summary>
    Committed = 2,

    /// <summary>The unit was accepted; the bonuses of its wins are scheduled.</summary>
    Accepted = 3,

    /// <summary>The unit was not accepted under this lease; its wins earn no bonus.</summary>
    Void = 4,
}
