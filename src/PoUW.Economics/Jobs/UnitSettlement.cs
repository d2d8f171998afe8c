using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Lanes;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;

namespace PoUW.Economics.Jobs;

/// <summary>What the end of a unit means for coins, stakes and reputation: wages out of the escrow, and convictions. Methods return the job after it.</summary>
internal sealed class UnitSettlement(BlockContext block, IStateWriter state, Hash256 jobId, LaneRules lane)
{
    /// <summary>Carries out a judgement: the unit is accepted, or its worker convicted.</summary>
    public JobState Settle(JobState job, UnitState unit, Judgement judgement)
    {
        job = job with { Audits = job.Audits + 1 };
        PunishSilent(unit);
        foreach (AuditorState other in judgement.Minority)
        {
            job = Contradicted(job, unit, other, judgement);
        }

        foreach (Address auditor in judgement.Majority)
        {
            Reputation.VerdictRight(state, auditor);
        }

        return judgement.Verdict is { } offence
            ? Convict(job, unit, unit.Lease.Worker, offence, unit.AuditDigest, judgement, job.Manifest.Client)
            : Accept(job, unit, judgement.Majority);
    }

    /// <summary>Accepts a unit and pays its worker and its auditors.</summary>
    public JobState Accept(JobState job, UnitState unit, IReadOnlyList<Address> auditors)
    {
        Amount earned = lane.EarnedBy(job.Manifest);
        Amount burned = earned.Scale(block.Parameters.JobBurnBasisPoints, 10_000);
        Amount wage = earned - burned;
        PayFromEscrow(unit.Lease.Worker, wage);
        foreach (Address auditor in auditors)
        {
            PayFromEscrow(auditor, job.Manifest.AuditFee);
        }

        if (!state.TryBurn(JobLedger.EscrowAccount(jobId), burned))
        {
            throw new EconomicsException($"The escrow of job {jobId} does not cover unit {unit.Lease.Unit}.");
        }

        WorkLedger.Accept(state, block, unit.Lease.Id);
        Reputation.UnitAccepted(state, unit.Lease.Worker);
        JobLedger.SetUnit(state, unit with { Phase = UnitPhase.Accepted, PhaseDeadline = 0 });
        return job with
        {
            AcceptedInRound = job.AcceptedInRound + 1,
            Paid = job.Paid + wage + (job.Manifest.AuditFee * (ulong)auditors.Count),
            Burned = job.Burned + burned,
        };
    }

    /// <summary>Those who were drawn and did not speak lose reputation.</summary>
    public void PunishSilent(UnitState unit)
    {
        foreach (AuditorState silent in unit.Auditors.Where(auditor => auditor.Reveal is null))
        {
            Reputation.AuditMissed(state, silent.Auditor);
        }
    }

    /// <summary>Ends a job: what its escrow still holds goes back.</summary>
    public JobState End(JobState job, JobStatus status)
    {
        Amount refund = job.Escrow - job.Paid - job.Burned;
        PayFromEscrow(job.Manifest.Client, refund);
        return job with { Status = status, Refunded = refund };
    }

    private JobState Contradicted(JobState job, UnitState unit, AuditorState other, Judgement judgement)
    {
        if (lane.MinorityLied)
        {
            return Convict(job, unit, other.Auditor, Offence.FalseVerdict, other.Reveal!.RecordDigest, judgement, null);
        }

        Reputation.AuditMissed(state, other.Auditor);
        return job;
    }

    private JobState Convict(
        JobState job, UnitState unit, Address offender, Offence offence, Hash256 claimed, Judgement judgement, Address? client)
    {
        Amount taken = lane.Punish(state, block, job.Manifest, offender, judgement.Majority, client);
        Conviction conviction = new(
            jobId, unit.Lease.Unit, unit.Lease.Attempt, offender, offence, claimed, judgement.Digest, block.Height, taken, judgement.Majority);
        JobLedger.AddConviction(state, job.Convictions, conviction);
        return job with { Convictions = job.Convictions + 1 };
    }

    private void PayFromEscrow(Address to, Amount amount)
    {
        if (!state.TryTransfer(JobLedger.EscrowAccount(jobId), to, amount))
        {
            throw new EconomicsException($"The escrow of job {jobId} does not cover its units.");
        }
    }
}
