using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Workers;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Ledger module of training jobs: escrow, leases, unit records, payment and closing. A job advances at the end of a block: once every
/// unit of the round has a record the next round is leased; a lease that ran out goes to the next worker; after the last round, the
/// deadline, or a client's request, what is left of the escrow goes back. For every closed job paid + burned + refunded = escrow, to the
/// base unit.
/// </summary>
public sealed class JobModule : ILedgerModule
{
    private const ulong BasisPointsPerUnit = 10_000;

    /// <inheritdoc/>
    public string Name => JobLedger.Module;

    /// <inheritdoc/>
    public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.SubmitJob, TransactionKind.CommitUnit, TransactionKind.CloseJob];

    /// <inheritdoc/>
    public void Genesis(IStateWriter state) => JobLedger.SetOpenJobs(state, []);

    /// <inheritdoc/>
    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => kind switch
    {
        TransactionKind.SubmitJob => SubmitJobPayload.TryDecode(payload, out _),
        TransactionKind.CommitUnit => UnitRecord.TryDecode(payload, out _),
        TransactionKind.CloseJob => CloseJobPayload.TryDecode(payload, out _),
        _ => ValidationResult.Fail(ValidationCode.UnknownKind, "kind", $"{kind} does not belong to the job module."),
    };

    /// <inheritdoc/>
    public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
    {
        ReadOnlySpan<byte> payload = transaction.Payload.Span;
        ValidationResult result = CheckPayload(transaction.Kind, payload);
        if (!result.IsValid)
        {
            return result;
        }

        switch (transaction.Kind)
        {
            case TransactionKind.SubmitJob:
                SubmitJobPayload.TryDecode(payload, out SubmitJobPayload? submission);
                return Submit(transaction, state, submission!);
            case TransactionKind.CommitUnit:
                UnitRecord.TryDecode(payload, out UnitRecord? record);
                return Commit(transaction, state, record!);
            default:
                CloseJobPayload.TryDecode(payload, out CloseJobPayload? closing);
                return Close(transaction, state, closing!.JobId);
        }
    }

    /// <inheritdoc/>
    public void EndBlock(BlockContext block, IStateWriter state)
    {
        List<Hash256> stillOpen = [];
        IReadOnlyList<Hash256> open = JobLedger.OpenJobs(state);
        foreach (Hash256 jobId in open)
        {
            JobState before = JobLedger.GetJob(state, jobId) ?? throw new EconomicsException($"Open job {jobId} is missing.");
            JobState after = Advance(block, state, jobId, before);
            if (after != before)
            {
                JobLedger.SetJob(state, jobId, after);
            }

            if (after.IsOpen)
            {
                stillOpen.Add(jobId);
            }
        }

        if (stillOpen.Count != open.Count)
        {
            JobLedger.SetOpenJobs(state, stillOpen);
        }
    }

    private static ValidationResult Submit(TransactionContext transaction, IStateWriter state, SubmitJobPayload submission)
    {
        JobManifest manifest = submission.Manifest;
        if (manifest.Client != transaction.Sender)
        {
            return ValidationResult.Fail(ValidationCode.NotAllowed, nameof(manifest.Client), "The manifest names another client than the sender.");
        }

        Hash256 jobId = manifest.JobId;
        if (JobLedger.GetJob(state, jobId) is not null)
        {
            return ValidationResult.Fail(ValidationCode.JobExists, "manifest", $"Job {jobId} was submitted before.");
        }

        IReadOnlyList<Hash256> open = JobLedger.OpenJobs(state);
        if (open.Count >= JobLedger.MaxOpenJobs)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "openJobs", $"{JobLedger.MaxOpenJobs} jobs are open; that is the limit.");
        }

        if (!state.TryTransfer(transaction.Sender, JobLedger.EscrowAccount(jobId), submission.Escrow))
        {
            return ValidationResult.Fail(
                ValidationCode.InsufficientBalance, nameof(submission.Escrow), $"The sender cannot pay {submission.Escrow} coins into escrow.");
        }

        JobLedger.SetOpenJobs(state, [.. open, jobId]);
        JobLedger.SetJob(state, jobId, new JobState(
            manifest, JobStatus.Active, transaction.Block.Height, 0, false, 0, Hash256.Zero, submission.Escrow, Amount.Zero, Amount.Zero, Amount.Zero));
        return ValidationResult.Ok;
    }

    private static ValidationResult Commit(TransactionContext transaction, IStateWriter state, UnitRecord record)
    {
        JobState? job = JobLedger.GetJob(state, record.JobId);
        UnitState? unit = JobLedger.GetUnit(state, record.JobId, record.Unit);
        ValidationResult result = CheckAgainstLease(transaction, job, unit, record);
        if (!result.IsValid)
        {
            return result;
        }

        JobState paid = PayUnit(state, job!, unit!.Lease, transaction.Block.Parameters.JobBurnBasisPoints);
        JobLedger.SetUnit(state, unit with { Record = record, CommittedHeight = transaction.Block.Height });
        JobLedger.SetJob(state, record.JobId, paid with { CommittedInRound = paid.CommittedInRound + 1 });
        return ValidationResult.Ok;
    }

    private static ValidationResult CheckAgainstLease(TransactionContext transaction, JobState? job, UnitState? unit, UnitRecord record)
    {
        if (job is null)
        {
            return ValidationResult.Fail(ValidationCode.UnknownJob, nameof(record.JobId), $"No job {record.JobId}.");
        }

        if (!job.IsOpen)
        {
            return ValidationResult.Fail(ValidationCode.JobClosed, nameof(record.JobId), $"The job is {job.Status}.");
        }

        if (unit is null)
        {
            return ValidationResult.Fail(ValidationCode.NoLease, nameof(record.Unit), $"Unit {record.Unit} is not leased.");
        }

        if (unit.Record is not null)
        {
            return ValidationResult.Fail(ValidationCode.UnitAlreadyCommitted, nameof(record.Unit), $"Unit {record.Unit} has a record.");
        }

        if (unit.Lease.Worker != transaction.Sender || transaction.Block.Height > unit.Lease.ExpiryHeight)
        {
            return ValidationResult.Fail(ValidationCode.NoLease, "sender", $"{transaction.Sender} holds no lease in force on unit {record.Unit}.");
        }

        return CheckFixedFields(job, unit.Lease, record);
    }

    private static ValidationResult CheckFixedFields(JobState job, Lease lease, UnitRecord record)
    {
        if (record.Attempt != lease.Attempt)
        {
            return Mismatch(nameof(record.Attempt), $"{record.Attempt}; the lease says {lease.Attempt}.");
        }

        if (record.InputsDigest != job.InputsDigest)
        {
            return Mismatch(nameof(record.InputsDigest), $"{record.InputsDigest}; the round starts from {job.InputsDigest}.");
        }

        return record.Correct <= record.Samples
            ? ValidationResult.Ok
            : Mismatch(nameof(record.Correct), $"{record.Correct} of {record.Samples} samples cannot be correct.");
    }

    private static ValidationResult Close(TransactionContext transaction, IStateWriter state, Hash256 jobId)
    {
        JobState? job = JobLedger.GetJob(state, jobId);
        if (job is null)
        {
            return ValidationResult.Fail(ValidationCode.UnknownJob, nameof(CloseJobPayload.JobId), $"No job {jobId}.");
        }

        if (job.Manifest.Client != transaction.Sender)
        {
            return ValidationResult.Fail(ValidationCode.NotAllowed, "sender", "Only the job's client can close it.");
        }

        if (job.Status != JobStatus.Active)
        {
            return ValidationResult.Fail(ValidationCode.JobClosed, nameof(CloseJobPayload.JobId), $"The job is {job.Status}.");
        }

        JobLedger.SetJob(state, jobId, job with { Status = JobStatus.Closing });
        return ValidationResult.Ok;
    }

    private static JobState PayUnit(IStateWriter state, JobState job, Lease lease, ulong burnBasisPoints)
    {
        Amount price = job.Manifest.UnitPrice;
        Amount burned = price.Scale(burnBasisPoints, BasisPointsPerUnit);
        Amount wage = price - burned;
        Address escrow = JobLedger.EscrowAccount(lease.JobId);
        if (!state.TryTransfer(escrow, lease.Worker, wage) || !state.TryBurn(escrow, burned))
        {
            throw new EconomicsException($"The escrow of job {lease.JobId} does not cover unit {lease.Unit}.");
        }

        return job with { Paid = job.Paid + wage, Burned = job.Burned + burned };
    }

    private static JobState Advance(BlockContext block, IStateWriter state, Hash256 jobId, JobState job)
    {
        if (job.RoundLeased && job.CommittedInRound == job.Manifest.UnitsInRound(job.Round))
        {
            job = FinishRound(state, job);
        }

        if (job.Round == job.Manifest.RoundCount)
        {
            return End(state, jobId, job, JobStatus.Completed);
        }

        if (block.Height >= job.DeadlineHeight)
        {
            return End(state, jobId, job, JobStatus.TimedOut);
        }

        if (job.RoundLeased)
        {
            return RenewLeases(block, state, jobId, job);
        }

        return job.Status == JobStatus.Closing ? End(state, jobId, job, JobStatus.Cancelled) : LeaseRound(block, state, jobId, job);
    }

    private static JobState FinishRound(IStateWriter state, JobState job)
    {
        IEnumerable<Hash256> endRoots = JobLedger.Round(state, job.Manifest, job.Round).Select(unit => unit.Record!.EndRoot);
        return job with { Round = job.Round + 1, RoundLeased = false, CommittedInRound = 0, InputsDigest = JobLedger.DigestOf(endRoots) };
    }

    private static JobState LeaseRound(BlockContext block, IStateWriter state, Hash256 jobId, JobState job)
    {
        if (WorkerRegistry.Count(state) == 0)
        {
            return job;
        }

        ulong first = job.Manifest.FirstUnit(job.Round);
        for (ulong unit = first; unit < first + job.Manifest.UnitsInRound(job.Round); unit++)
        {
            GrantLease(block, state, jobId, job, unit, attempt: 0);
        }

        return job with { RoundLeased = true };
    }

    private static JobState RenewLeases(BlockContext block, IStateWriter state, Hash256 jobId, JobState job)
    {
        // The leases of a round are granted together and renewed together, so those still open end together: one of them tells for all,
        // and a block does not read every unit of every job.
        UnitState? open = JobLedger.Units(state, job.Manifest, job.Round).FirstOrDefault(unit => unit.Record is null);
        if (open is null || block.Height < open.Lease.ExpiryHeight)
        {
            return job;
        }

        if (job.Status == JobStatus.Closing)
        {
            return End(state, jobId, job, JobStatus.Cancelled);
        }

        foreach (UnitState unit in JobLedger.Round(state, job.Manifest, job.Round).Where(unit => unit.Record is null))
        {
            GrantLease(block, state, jobId, job, unit.Lease.Unit, unit.Lease.Attempt + 1);
        }

        return job;
    }

    private static void GrantLease(BlockContext block, IStateWriter state, Hash256 jobId, JobState job, ulong unit, ulong attempt)
    {
        ulong unitInRound = unit - job.Manifest.FirstUnit(job.Round);
        Address worker = LeaseAssignment.Draw(state, block.Beacon, jobId, job.Round, unitInRound, attempt);
        Lease lease = new(jobId, unit, attempt, worker, block.Height, block.Height + block.Parameters.LeaseBlocks);
        JobLedger.SetUnit(state, new UnitState(lease, null, 0));
    }

    private static JobState End(IStateWriter state, Hash256 jobId, JobState job, JobStatus status)
    {
        Address escrow = JobLedger.EscrowAccount(jobId);
        Amount refund = job.Escrow - job.Paid - job.Burned;
        if (!state.TryTransfer(escrow, job.Manifest.Client, refund))
        {
            throw new EconomicsException($"The escrow of job {jobId} does not hold the {refund} coins that its record says.");
        }

        return job with { Status = status, Refunded = refund };
    }

    private static ValidationResult Mismatch(string field, string message) => ValidationResult.Fail(ValidationCode.LeaseMismatch, field, message);
}
