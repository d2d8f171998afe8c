namespace PoUW.Economics.Jobs;

/// <summary>Where a unit is. Values are part of the state encoding.</summary>
public enum UnitPhase : byte
{
    /// <summary>Leased; no record yet.</summary>
    Leased = 1,

    /// <summary>A record is on chain; the next block's entropy decides whether and by whom it is audited.</summary>
    Committed = 2,

    /// <summary>Auditors are drawn and commit to verdicts.</summary>
    AuditCommit = 3,

    /// <summary>All drawn auditors have committed, or the time for it is over; commitments are opened.</summary>
    AuditReveal = 4,

    /// <summary>Accepted and paid.</summary>
    Accepted = 5,
}
