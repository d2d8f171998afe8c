using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Economics.Lanes;

/// <summary>
/// Lane T: an auditor says whether the claimed state is within the bounds around its own replay. That is evidence and no proof, so a unit earns less,
/// and a verdict costs a worker the price of the unit at most and an auditor its fee.
/// </summary>
internal sealed class ToleranceLane : LaneRules
{
    private ToleranceLane()
    {
    }

    private enum Vote
    {
        Within,
        Outside,
        Absent,
    }

    public static ToleranceLane Rules { get; } = new();

    public override int LeastAuditors => (int)JobManifest.MinToleranceAuditors;

    /// <summary>A unit that is drawn for an audit waits for its auditors, and so does the wage.</summary>
    public override bool LeasesNeedAuditors => true;

    /// <summary>As much as an accepted unit earns: a worker must be free to decline bounds that it cannot keep.</summary>
    public override ulong MissedLeaseCost => 100;

    /// <summary>A worker can craft a state at the very bound, about which honest auditors disagree.</summary>
    public override bool MinorityLied => false;

    /// <summary>Only accounts that enrolled have the module and such a device.</summary>
    public override bool Admits(StakeAccount stake, JobManifest manifest) => stake.ToleranceClasses.Contains(manifest.ToleranceClass);

    /// <summary>As in exact lanes; and a failed audit, which bans nobody, costs as much reputation as many accepted units bring.</summary>
    public override bool IsSuspect(StakeAccount worker, ulong height) =>
        worker.BannedUntil > height || worker.Reputation < StakeAccount.InitialReputation;

    public override ValidationResult CheckReveal(UnitState unit, AuditReveal reveal)
    {
        if (reveal.RecordDigest == unit.AuditDigest)
        {
            return ValidationResult.Ok;
        }

        if (reveal.RecordDigest != AuditReveal.OutOfBounds(unit.AuditDigest))
        {
            return ValidationResult.Fail(
                ValidationCode.BadVerdict, nameof(reveal.RecordDigest), $"Lane T knows {unit.AuditDigest} and what says that it is out of bounds.");
        }

        return reveal.Available
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.BadVerdict, nameof(reveal.Available), "A state that was not there cannot be out of bounds.");
    }

    public override Judgement? Judge(UnitState unit)
    {
        List<AuditorState> opened = [.. unit.Auditors.Where(auditor => auditor.Reveal is not null)];
        foreach (IGrouping<Vote, AuditorState> behind in opened.GroupBy(auditor => VoteOf(unit, auditor)))
        {
            if (behind.Count() * 2 > unit.Auditors.Count)
            {
                return new Judgement(
                    behind.First().Reveal!.RecordDigest, OffenceOf(behind.Key), [.. behind.Select(auditor => auditor.Auditor)],
                    [.. opened.Where(auditor => Contradict(behind.Key, VoteOf(unit, auditor)))]);
            }
        }

        return null;
    }

    /// <summary>
    /// Once the patience with auditors is over, if most of them spoke. A worker could split its auditors for ever, with a state at the bound that it
    /// serves to some; that must not stop the job. Silence is not the worker's doing.
    /// </summary>
    public override bool GivesUp(BlockContext block, UnitState unit) =>
        unit.Auditors.Count(auditor => auditor.Reveal is not null) * 2 > unit.Auditors.Count
        && block.Height >= unit.Lease.ExpiryHeight + PatienceBlocks(block.Parameters);

    public override Amount EarnedBy(JobManifest manifest) => manifest.UnitPrice.Scale(JobManifest.ToleranceWageBasisPoints, 10_000);

    /// <summary>
    /// Nothing goes to the client: it chose the bounds, and must not earn from work that misses them. An auditor gets no more than for a unit that is
    /// accepted: else "outside", said without a replay, would be the better-paid vote.
    /// </summary>
    public override Amount Punish(
        IStateWriter state, BlockContext block, JobManifest manifest, Address offender, IReadOnlyList<Address> provers, Address? client) =>
        Slashing.Fine(state, block, offender, manifest.UnitPrice, provers, manifest.AuditFee);

    private static Vote VoteOf(UnitState unit, AuditorState auditor) => (auditor.Reveal!.Available, auditor.Reveal.RecordDigest == unit.AuditDigest) switch
    {
        (false, _) => Vote.Absent,
        (true, true) => Vote.Within,
        (true, false) => Vote.Outside,
    };

    private static Offence? OffenceOf(Vote vote) => vote switch
    {
        Vote.Within => null,
        Vote.Outside => Offence.OutOfBounds,
        _ => Offence.WithheldState,
    };

    /// <summary>Within and outside contradict each other. Whether a state is there can differ: a worker may serve it to one auditor alone.</summary>
    private static bool Contradict(Vote one, Vote other) => one != other && one != Vote.Absent && other != Vote.Absent;
}
