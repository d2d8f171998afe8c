using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Moves one job on at the end of a block. Every unit of the round goes Leased, Committed, (AuditCommit, AuditReveal,) Accepted; a lease
/// that ran out or a proven lie leads back to Leased with another worker. The round ends when all its units are accepted. A job that is
/// closing or past its deadline grants no more leases and ends when no unit can change any more.
/// </summary>
internal sealed class JobProgression(BlockContext block, IStateWriter state, Hash256 jobId)
{
    // Units of a round expire in one block. All their new leases are drawn with the weights of the first, else every unit would read every stake.
    private IReadOnlyList<(Address Address, UInt128 Weight)>? _eligible;

    public JobState Advance(JobState job)
    {
        bool windingDown = job.Status == JobStatus.Closing || block.Height >= job.DeadlineHeight;
        if (job.RoundLeased && block.Height < job.WakeHeight && !windingDown)
        {
            return job;
        }

        if (job.RoundLeased)
        {
            job = AdvanceUnits(job, windingDown, out bool underWay);
            if (job.AcceptedInRound == job.Manifest.UnitsInRound(job.Round))
            {
                job = FinishRound(job);
            }
            else if (block.Height < LastHeightOf(job) && (underWay || !windingDown))
            {
                return job;
            }
        }

        if (job.Round == job.Manifest.RoundCount)
        {
            return End(job, JobStatus.Completed);
        }

        if (windingDown)
        {
            return End(job, job.Status == JobStatus.Closing ? JobStatus.Cancelled : JobStatus.TimedOut);
        }

        return LeaseRound(job);
    }

    /// <summary>
    /// When a job ends even if units wait for auditors: a lease and four audits after its deadline. Auditors who stay away must not lock the
    /// escrow for ever; the units that they did not judge go unpaid.
    /// </summary>
    private ulong LastHeightOf(JobState job) =>
        job.DeadlineHeight + block.Parameters.LeaseBlocks + (4 * (block.Parameters.AuditCommitBlocks + block.Parameters.AuditRevealBlocks));

    /// <param name="job">The job.</param>
    /// <param name="windingDown">True if no lease may be granted.</param>
    /// <param name="underWay">True if some unit can still become accepted without a new lease.</param>
    private JobState AdvanceUnits(JobState job, bool windingDown, out bool underWay)
    {
        underWay = false;
        ulong wake = ulong.MaxValue;
        foreach (UnitState unit in JobLedger.Round(state, job.Manifest, job.Round))
        {
            job = unit.Phase switch
            {
                UnitPhase.Leased => AdvanceLease(job, unit, windingDown),
                UnitPhase.Committed => AdvanceCommitted(job, unit),
                UnitPhase.AuditCommit => AdvanceAuditCommit(job, unit),
                UnitPhase.AuditReveal => AdvanceAuditReveal(job, unit, windingDown),
                _ => job,
            };
            UnitState after = JobLedger.GetUnit(state, jobId, unit.Lease.Unit)!;
            underWay |= after.Phase is UnitPhase.Committed or UnitPhase.AuditCommit or UnitPhase.AuditReveal
                || (after.Phase == UnitPhase.Leased && after.Lease.ExpiryHeight > block.Height);
            wake = Math.Min(wake, WakeHeightOf(after));
        }

        return job with { WakeHeight = wake };
    }

    /// <summary>When a unit changes without a message: its lease or its audit phase runs out, or the next block draws its auditors.</summary>
    private ulong WakeHeightOf(UnitState unit) => unit.Phase switch
    {
        UnitPhase.Leased => Math.Max(unit.Lease.ExpiryHeight, block.Height + 1),
        UnitPhase.Committed => block.Height + 1,
        UnitPhase.Accepted => ulong.MaxValue,
        _ => unit.PhaseDeadline,
    };

    private JobState AdvanceLease(JobState job, UnitState unit, bool windingDown)
    {
        if (block.Height < unit.Lease.ExpiryHeight)
        {
            return job;
        }

        // A lease without a worker only marks that nobody was eligible; one that expires in this very block is the worker's fault, once.
        if (block.Height == unit.Lease.ExpiryHeight && unit.Lease.Worker != Address.Zero)
        {
            Reputation.LeaseMissed(state, unit.Lease.Worker);
        }

        WorkLedger.Void(state, unit.Lease.Id);
        return windingDown ? job : LeaseAgain(job, unit.Lease);
    }

    private JobState AdvanceCommitted(JobState job, UnitState unit)
    {
        // The draw needs a ticket that was found after the record was chosen: that of the block which holds the record, or a later one.
        if (block.Height <= unit.CommittedHeight)
        {
            return job;
        }

        // Who was chosen once stays chosen: else silent auditors, or a time without any, would buy a liar another chance. A worker that is
        // banned has lied elsewhere in the meantime, so its other units are audited whatever the chance says. Wins are bonuses to come, and only
        // auditors see whether they were won with the operands of the unit.
        bool isSuspect = StakeLedger.Get(state, unit.Lease.Worker).BannedUntil > block.Height;
        bool isSpared = unit.PhaseDeadline == 0 && !isSuspect && !AuditDraw.IsAudited(block, job.Manifest, unit.Lease);
        if (isSpared && unit.WorkDigest.IsZero)
        {
            return Accept(job, unit, []);
        }

        IReadOnlyList<Address> auditors = AuditDraw.Auditors(state, block, job.Manifest, unit.Lease);
        if (isSpared && auditors.Count == 0)
        {
            // A win must not keep a worker from its wage where nobody audits; unseen wins earn no bonus.
            WorkLedger.Void(state, unit.Lease.Id);
            return Accept(job, unit, []);
        }

        if (auditors.Count == 0)
        {
            JobLedger.SetUnit(state, unit with { PhaseDeadline = block.Height });
            return job;
        }

        JobLedger.SetUnit(state, unit with
        {
            Phase = UnitPhase.AuditCommit,
            PhaseDeadline = block.Height + block.Parameters.AuditCommitBlocks,
            Auditors = [.. auditors.Select(auditor => new AuditorState(auditor, Hash256.Zero, null))],
        });
        return job;
    }

    private JobState AdvanceAuditCommit(JobState job, UnitState unit)
    {
        int committed = unit.Auditors.Count(auditor => !auditor.Commitment.IsZero);
        if (committed < unit.Auditors.Count && block.Height < unit.PhaseDeadline)
        {
            return job;
        }

        if (committed * 2 <= unit.Auditors.Count)
        {
            DrawAgain(unit);
            return job;
        }

        JobLedger.SetUnit(state, unit with { Phase = UnitPhase.AuditReveal, PhaseDeadline = block.Height + block.Parameters.AuditRevealBlocks });
        return job;
    }

    private JobState AdvanceAuditReveal(JobState job, UnitState unit, bool windingDown)
    {
        int committed = unit.Auditors.Count(auditor => !auditor.Commitment.IsZero);
        int revealed = unit.Auditors.Count(auditor => auditor.Reveal is not null);
        if (revealed < committed && block.Height < unit.PhaseDeadline)
        {
            return job;
        }

        if (Judgement.Of(unit) is not { } judgement)
        {
            DrawAgain(unit);
            return job;
        }

        return Settle(job, unit, judgement, windingDown);
    }

    private JobState Settle(JobState job, UnitState unit, Judgement judgement, bool windingDown)
    {
        job = job with { Audits = job.Audits + 1 };
        PunishMissing(unit);
        foreach (AuditorState liar in judgement.Minority)
        {
            job = Convict(job, unit, liar.Auditor, Offence.FalseVerdict, liar.Reveal!.RecordDigest, judgement, null);
        }

        foreach (Address auditor in judgement.Majority)
        {
            Reputation.VerdictRight(state, auditor);
        }

        if (judgement.Verdict == null)
        {
            return Accept(job, unit, judgement.Majority);
        }

        job = Convict(job, unit, unit.Lease.Worker, judgement.Verdict.Value, unit.AuditDigest, judgement, job.Manifest.Client);
        WorkLedger.Void(state, unit.Lease.Id);
        if (!windingDown)
        {
            return LeaseAgain(job, unit.Lease);
        }

        JobLedger.SetUnit(state, UnitState.Leased(unit.Lease with { Worker = Address.Zero, ExpiryHeight = block.Height }));
        return job;
    }

    private JobState Convict(
        JobState job, UnitState unit, Address offender, Offence offence, Hash256 claimed, Judgement judgement, Address? client)
    {
        Amount penalty = job.Manifest.UnitPrice * block.Parameters.SlashPerUnitPrice;
        Amount taken = Slashing.Apply(state, block, offender, penalty, judgement.Majority, client);
        Conviction conviction = new(
            jobId, unit.Lease.Unit, unit.Lease.Attempt, offender, offence, claimed, judgement.Digest, block.Height, taken, judgement.Majority);
        _eligible = null;
        JobLedger.AddConviction(state, job.Convictions, conviction);
        return job with { Convictions = job.Convictions + 1 };
    }

    private JobState Accept(JobState job, UnitState unit, IReadOnlyList<Address> auditors)
    {
        Amount burned = job.Manifest.UnitPrice.Scale(block.Parameters.JobBurnBasisPoints, 10_000);
        Amount wage = job.Manifest.UnitPrice - burned;
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

    private JobState FinishRound(JobState job)
    {
        IEnumerable<Hash256> endRoots = JobLedger.Round(state, job.Manifest, job.Round).Select(unit => unit.Record!.EndRoot);
        return job with { Round = job.Round + 1, RoundLeased = false, AcceptedInRound = 0, InputsDigest = JobLedger.DigestOf(endRoots) };
    }

    private JobState LeaseRound(JobState job)
    {
        IReadOnlyList<Address> workers = LeaseAssignment.ForRound(state, block, jobId, job.Manifest, job.Round);
        ulong unit = job.Manifest.FirstUnit(job.Round);
        foreach (Address worker in workers)
        {
            job = Grant(job, new Lease(jobId, unit++, 0, worker, block.Height, block.Height + block.Parameters.LeaseBlocks));
        }

        return job with { RoundLeased = workers.Count > 0, WakeHeight = block.Height + block.Parameters.LeaseBlocks };
    }

    private JobState LeaseAgain(JobState job, Lease last)
    {
        _eligible ??= LeaseAssignment.Eligible(state, block, job.Manifest);
        if (LeaseAssignment.ForRetry(block, jobId, last, _eligible) is { } worker)
        {
            return Grant(job, new Lease(jobId, last.Unit, last.Attempt + 1, worker, block.Height, block.Height + block.Parameters.LeaseBlocks));
        }

        JobLedger.SetUnit(state, UnitState.Leased(last with { Worker = Address.Zero, ExpiryHeight = block.Height }));
        return job;
    }

    private JobState Grant(JobState job, Lease lease)
    {
        JobLedger.SetUnit(state, UnitState.Leased(lease));
        return LeaseActivation.Activate(state, block, job, lease);
    }

    /// <summary>Too few auditors answered: the next block draws others, and those who were silent lose reputation.</summary>
    private void DrawAgain(UnitState unit)
    {
        PunishMissing(unit);
        JobLedger.SetUnit(
            state, unit with { Phase = UnitPhase.Committed, CommittedHeight = block.Height, PhaseDeadline = block.Height, Auditors = [] });
    }

    private void PunishMissing(UnitState unit)
    {
        foreach (AuditorState silent in unit.Auditors.Where(auditor => auditor.Reveal is null))
        {
            Reputation.AuditMissed(state, silent.Auditor);
        }
    }

    private void PayFromEscrow(Address to, Amount amount)
    {
        if (!state.TryTransfer(JobLedger.EscrowAccount(jobId), to, amount))
        {
            throw new EconomicsException($"The escrow of job {jobId} does not cover its units.");
        }
    }

    private JobState End(JobState job, JobStatus status)
    {
        if (job.RoundLeased && !job.Manifest.Work.IsEmpty)
        {
            foreach (UnitState unit in JobLedger.Units(state, job.Manifest, job.Round).Where(unit => !unit.IsAccepted))
            {
                WorkLedger.Void(state, unit.Lease.Id);
            }
        }

        Amount refund = job.Escrow - job.Paid - job.Burned;
        PayFromEscrow(job.Manifest.Client, refund);
        return job with { Status = status, Refunded = refund };
    }
}
