namespace PoUW.Core.Parameters;

/// <summary>
/// The named changes of rules that this software knows, in the order in which they can activate. Code asks <see cref="NetworkRules"/>
/// for what holds at a height; it never compares heights itself.
/// </summary>
public enum NetworkUpgrade
{
    /// <summary>"tile-work-1": certificates of tile work have version 1. Active from genesis on every network.</summary>
    TileWork1,

    /// <summary>"bound-tickets": tickets may be bound to a lease.</summary>
    BoundTickets,

    /// <summary>"tolerance-jobs": jobs of lane T, and accounts that enrol for their classes.</summary>
    ToleranceJobs,
}
