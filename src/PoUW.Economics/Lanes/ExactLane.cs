using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;

namespace PoUW.Economics.Lanes;

/// <summary>Exact lanes: a replay gives the same bits everywhere, so whoever names another digest than most auditors has lied, worker or auditor.</summary>
internal sealed class ExactLane : LaneRules
{
    private ExactLane()
    {
    }

    public static ExactLane Rules { get; } = new();

    public override int LeastAuditors => 1;

    /// <summary>Most units are accepted without an audit.</summary>
    public override bool LeasesNeedAuditors => false;

    public override ulong MissedLeaseCost => 1_000;

    public override bool MinorityLied => true;

    public override bool Admits(StakeAccount stake, JobManifest manifest) => true;

    /// <summary>A worker that is banned has lied elsewhere in the meantime.</summary>
    public override bool IsSuspect(StakeAccount worker, ulong height) => worker.BannedUntil > height;

    /// <summary>Any digest may be what a replay found.</summary>
    public override ValidationResult CheckReveal(UnitState unit, AuditReveal reveal) => ValidationResult.Ok;

    public override Judgement? Judge(UnitState unit)
    {
        List<AuditorState> opened = [.. unit.Auditors.Where(auditor => auditor.Reveal is not null)];
        foreach (Hash256 digest in opened.Select(auditor => auditor.Reveal!.RecordDigest).Distinct())
        {
            List<AuditorState> behind = [.. opened.Where(auditor => auditor.Reveal!.RecordDigest == digest)];
            if (behind.Count * 2 > unit.Auditors.Count)
            {
                return new Judgement(
                    digest, OffenceOf(unit, digest, behind), [.. behind.Select(auditor => auditor.Auditor)], [.. opened.Except(behind)]);
            }
        }

        return null;
    }

    /// <summary>Never: honest auditors agree, so the next ones can.</summary>
    public override bool GivesUp(BlockContext block, UnitState unit) => false;

    public override Amount EarnedBy(JobManifest manifest) => manifest.UnitPrice;

    public override Amount Punish(
        IStateWriter state, BlockContext block, JobManifest manifest, Address offender, IReadOnlyList<Address> provers, Address? client) =>
        Slashing.Apply(state, block, offender, manifest.UnitPrice * block.Parameters.SlashPerUnitPrice, provers, client);

    private static Offence? OffenceOf(UnitState unit, Hash256 digest, List<AuditorState> behind)
    {
        if (unit.AuditDigest != digest)
        {
            return Offence.FalseRecord;
        }

        // Like a digest, an absence convicts only with more than half of the drawn auditors behind it: a tie among those who spoke is no proof,
        // and those who are silent must not weigh against the worker.
        int absent = behind.Count(auditor => !auditor.Reveal!.Available);
        return absent * 2 <= unit.Auditors.Count ? null : Offence.WithheldState;
    }
}
