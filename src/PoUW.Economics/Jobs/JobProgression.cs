using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Lanes;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Moves one job on, once before and once after a block's transactions. Every unit of the round goes Leased, Committed, (AuditCommit, AuditReveal,) Accepted; a lease
/// that ran out or a proven lie leads back to Leased with another worker. The round ends when all its units are accepted. A job that is
/// closing or past its deadline grants no more leases and ends when no unit can change any more.
/// </summary>
internal sealed class JobProgression(BlockContext block, IStateWriter state, Hash256 jobId, LaneRules lane)
{
    private readonly UnitSettlement _settlement = new(block, state, jobId, lane);

    // Units of a round expire in one block. All their new leases are drawn with the weights of the first, else every unit would read every stake;
    // and so would every unit that waits for auditors. A conviction changes who may take part.
    private IReadOnlyList<(Address Address, UInt128 Weight)>? _workers;
    private IReadOnlyList<(Address Address, UInt128 Weight)>? _auditors;

    /// <summary>At the start of a block: decides by whom the records of earlier blocks are audited, and accepts those that are spared.</summary>
    public JobState DrawAuditors(JobState job)
    {
        if (!job.RoundLeased || block.Height < job.WakeHeight)
        {
            return job;
        }

        foreach (UnitState unit in JobLedger.Units(state, job.Manifest, job.Round))
        {
            job = unit.Phase == UnitPhase.Committed && block.Height >= unit.PhaseDeadline ? DrawAuditors(job, unit) : job;
        }

        return job;
    }

    /// <summary>At the end of a block: all other changes.</summary>
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
    /// When a job ends even if units wait for auditors: a lease and four audits after its deadline, or after its client closed it if that was
    /// earlier. Auditors who stay away must not lock the escrow for ever; the units that they did not judge go unpaid.
    /// </summary>
    private ulong LastHeightOf(JobState job)
    {
        ulong lastLease = job.ClosingHeight == 0 ? job.DeadlineHeight : Math.Min(job.DeadlineHeight, job.ClosingHeight);
        return lastLease + block.Parameters.LeaseBlocks + LaneRules.PatienceBlocks(block.Parameters);
    }

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

    /// <summary>When a unit changes without a message: its lease or its audit phase runs out, or its auditors may be drawn.</summary>
    private ulong WakeHeightOf(UnitState unit) => unit.Phase switch
    {
        UnitPhase.Leased => Math.Max(unit.Lease.ExpiryHeight, block.Height + 1),
        UnitPhase.Committed => Math.Max(unit.PhaseDeadline, block.Height + 1),
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
            Reputation.LeaseMissed(state, unit.Lease.Worker, lane.MissedLeaseCost);
        }

        WorkLedger.Void(state, unit.Lease.Id);
        return windingDown ? job : LeaseAgain(job, unit.Lease);
    }

    /// <summary>The entropy is a ticket that was found after the record was chosen: that of the block which holds the record, or of a later one.</summary>
    private JobState DrawAuditors(JobState job, UnitState unit)
    {
        // Who was chosen once stays chosen: else silent auditors, or a time without any, would buy a liar another chance. Wins are bonuses to come,
        // and only auditors see whether they were won with the operands of the unit.
        bool isSuspect = lane.IsSuspect(StakeLedger.Get(state, unit.Lease.Worker), block.Height);
        bool isSpared = unit.PhaseDeadline == 0 && !isSuspect && !AuditDraw.IsAudited(block, job.Manifest, unit.Lease);
        if (isSpared && unit.WorkDigest.IsZero)
        {
            return _settlement.Accept(job, unit, []);
        }

        _auditors ??= AuditDraw.Eligible(state, block, job.Manifest, lane);
        IReadOnlyList<Address> auditors = AuditDraw.Auditors(block, job.Manifest, unit.Lease, _auditors, lane.LeastAuditors);
        if (isSpared && auditors.Count == 0)
        {
            // A win must not keep a worker from its wage where nobody audits; unseen wins earn no bonus.
            WorkLedger.Void(state, unit.Lease.Id);
            return _settlement.Accept(job, unit, []);
        }

        if (auditors.Count == 0)
        {
            // Every draw reads all stakes: who enrols alone for a class of its own must not cause that in every block.
            JobLedger.SetUnit(state, unit with { PhaseDeadline = block.Height + block.Parameters.AuditCommitBlocks });
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

        if (lane.Judge(unit) is { } judgement)
        {
            return Settle(job, unit, judgement, windingDown);
        }

        if (lane.GivesUp(block, unit))
        {
            _settlement.PunishSilent(unit);
            Reputation.LeaseMissed(state, unit.Lease.Worker, lane.MissedLeaseCost);
            return Release(job, unit.Lease, windingDown);
        }

        DrawAgain(unit);
        return job;
    }

    private JobState Settle(JobState job, UnitState unit, Judgement judgement, bool windingDown)
    {
        JobState settled = _settlement.Settle(job, unit, judgement);
        if (settled.Convictions != job.Convictions)
        {
            (_workers, _auditors) = (null, null);
        }

        return judgement.Verdict is null ? settled : Release(settled, unit.Lease, windingDown);
    }

    /// <summary>A record that is not accepted leaves its unit to another worker, or to nobody once no lease may be granted.</summary>
    private JobState Release(JobState job, Lease lease, bool windingDown)
    {
        WorkLedger.Void(state, lease.Id);
        if (!windingDown)
        {
            return LeaseAgain(job, lease);
        }

        Vacate(lease);
        return job;
    }

    private JobState FinishRound(JobState job)
    {
        IEnumerable<Hash256> endRoots = JobLedger.Round(state, job.Manifest, job.Round).Select(unit => unit.Record!.EndRoot);
        return job with { Round = job.Round + 1, RoundLeased = false, AcceptedInRound = 0, InputsDigest = JobLedger.DigestOf(endRoots) };
    }

    private JobState LeaseRound(JobState job)
    {
        IReadOnlyList<Address> workers = LeaseAssignment.ForRound(block, jobId, job.Manifest, job.Round, EligibleWorkers(job));
        ulong unit = job.Manifest.FirstUnit(job.Round);
        foreach (Address worker in workers)
        {
            job = Grant(job, new Lease(jobId, unit++, 0, worker, block.Height, block.Height + block.Parameters.LeaseBlocks));
        }

        return job with { RoundLeased = workers.Count > 0, WakeHeight = block.Height + block.Parameters.LeaseBlocks };
    }

    private JobState LeaseAgain(JobState job, Lease last)
    {
        _workers ??= EligibleWorkers(job);
        if (LeaseAssignment.ForRetry(block, jobId, last, _workers) is { } worker)
        {
            return Grant(job, new Lease(jobId, last.Unit, last.Attempt + 1, worker, block.Height, block.Height + block.Parameters.LeaseBlocks));
        }

        Vacate(last);
        return job;
    }

    /// <summary>
    /// Who may take a unit. Nobody works for nothing: where the lane asks for it, only those whose units enough others could judge now, and who were not
    /// convicted in this job. Whoever was, honest or not, would be again, or decline.
    /// </summary>
    private IReadOnlyList<(Address Address, UInt128 Weight)> EligibleWorkers(JobState job)
    {
        IReadOnlyList<(Address Address, UInt128 Weight)> workers = LeaseAssignment.Eligible(state, block, job.Manifest, lane);
        if (!lane.LeasesNeedAuditors || workers.Count == 0)
        {
            return workers;
        }

        _auditors ??= AuditDraw.Eligible(state, block, job.Manifest, lane);
        HashSet<Address> auditors = [.. _auditors.Select(auditor => auditor.Address)];
        HashSet<Address> convicts = [.. JobLedger.Convictions(state, jobId, job.Convictions).Select(conviction => conviction.Offender)];
        return
        [
            .. workers.Where(worker => !convicts.Contains(worker.Address)
                && auditors.Count - (auditors.Contains(worker.Address) ? 1 : 0) >= lane.LeastAuditors),
        ];
    }

    /// <summary>A lease without a worker, over in this block.</summary>
    private void Vacate(Lease last) =>
        JobLedger.SetUnit(state, UnitState.Leased(last with { Worker = Address.Zero, ExpiryHeight = block.Height }));

    private JobState Grant(JobState job, Lease lease)
    {
        JobLedger.SetUnit(state, UnitState.Leased(lease));
        return LeaseActivation.Activate(state, block, job, lease);
    }

    /// <summary>Too few auditors answered: the next block draws others, and those who were silent lose reputation.</summary>
    private void DrawAgain(UnitState unit)
    {
        _settlement.PunishSilent(unit);
        JobLedger.SetUnit(
            state, unit with { Phase = UnitPhase.Committed, CommittedHeight = block.Height, PhaseDeadline = block.Height, Auditors = [] });
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

        return _settlement.End(job, status);
    }
}
