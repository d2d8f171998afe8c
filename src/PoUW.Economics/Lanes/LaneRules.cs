using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Economics.Lanes;

/// <summary>
/// All in which the lanes differ: who takes part, what openings of auditors mean, and what follows from them for wages and stakes. Without state; the
/// progress of units and the flow of coins are the same in all lanes.
/// </summary>
internal abstract class LaneRules
{
    /// <summary>Fewest auditors that can judge a unit; while fewer can be drawn, the unit waits.</summary>
    public abstract int LeastAuditors { get; }

    /// <summary>True if a unit is leased only to whom at least <see cref="LeastAuditors"/> others could judge, and who was not convicted in the job.</summary>
    public abstract bool LeasesNeedAuditors { get; }

    /// <summary>What a worker loses of its reputation for a lease that it did not fulfil.</summary>
    public abstract ulong MissedLeaseCost { get; }

    /// <summary>True if an auditor against the majority is proven to have lied. Else honest auditors may disagree.</summary>
    public abstract bool MinorityLied { get; }

    /// <summary>The rules of a job.</summary>
    public static LaneRules Of(JobManifest manifest) => manifest.IsTolerance ? ToleranceLane.Rules : ExactLane.Rules;

    /// <summary>The longest that auditors are waited for after a lease: four audits.</summary>
    public static ulong PatienceBlocks(NetworkParameters parameters) => 4 * (parameters.AuditCommitBlocks + parameters.AuditRevealBlocks);

    /// <summary>True if an account with the role and the stake may work on units of the job, or audit them.</summary>
    public abstract bool Admits(StakeAccount stake, JobManifest manifest);

    /// <summary>True if a worker's units are audited whatever the chance says.</summary>
    public abstract bool IsSuspect(StakeAccount worker, ulong height);

    /// <summary>Checks that an opening is one that an auditor of the unit can have found.</summary>
    public abstract ValidationResult CheckReveal(UnitState unit, AuditReveal reveal);

    /// <summary>The judgement on a unit, or null if no vote has more than half of the drawn auditors behind it.</summary>
    public abstract Judgement? Judge(UnitState unit);

    /// <summary>True if a unit whose auditors gave no judgement goes to another worker, unpaid, instead of to other auditors.</summary>
    public abstract bool GivesUp(BlockContext block, UnitState unit);

    /// <summary>What an accepted unit costs the escrow, the burned share included, the auditors not.</summary>
    public abstract Amount EarnedBy(JobManifest manifest);

    /// <summary>Takes the stake that a conviction costs.</summary>
    /// <returns>What was taken.</returns>
    public abstract Amount Punish(
        IStateWriter state, BlockContext block, JobManifest manifest, Address offender, IReadOnlyList<Address> provers, Address? client);
}
