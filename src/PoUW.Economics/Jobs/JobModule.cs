using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Lanes;
using PoUW.Economics.TileWork;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Ledger module of training jobs: escrow, leases, unit records, audits, payment and closing. Messages are checked and recorded here; what
/// follows from them happens at the end of the block, but for the draw of auditors, which opens the next one (<see cref="JobProgression"/>). For
/// every closed job paid + burned + refunded = escrow, to the base unit.
/// </summary>
public sealed class JobModule : ILedgerModule
{
    /// <inheritdoc/>
    public string Name => JobLedger.Module;

    /// <inheritdoc/>
    public IReadOnlyList<TransactionKind> Kinds { get; } =
    [
        TransactionKind.SubmitJob, TransactionKind.CommitUnit, TransactionKind.CommitAudit, TransactionKind.RevealAudit, TransactionKind.CloseJob,
    ];

    /// <inheritdoc/>
    public void Genesis(IStateWriter state) => JobLedger.SetOpenJobs(state, []);

    /// <inheritdoc/>
    public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => kind switch
    {
        TransactionKind.SubmitJob => SubmitJobPayload.TryDecode(payload, out _),
        TransactionKind.CommitUnit => UnitRecord.TryDecode(payload, out _),
        TransactionKind.CommitAudit => AuditCommit.TryDecode(payload, out _),
        TransactionKind.RevealAudit => AuditReveal.TryDecode(payload, out _),
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
            case TransactionKind.CommitAudit:
                AuditCommit.TryDecode(payload, out AuditCommit? commit);
                return AuditMessages.Commit(transaction, state, commit!);
            case TransactionKind.RevealAudit:
                AuditReveal.TryDecode(payload, out AuditReveal? reveal);
                return AuditMessages.Reveal(transaction, state, reveal!);
            default:
                CloseJobPayload.TryDecode(payload, out CloseJobPayload? closing);
                return Close(transaction, state, closing!.JobId);
        }
    }

    /// <summary>
    /// Draws auditors with the parent's ticket, before the block's transactions: they were made with the ticket known, and could choose stakes or
    /// classes until the draw suits.
    /// </summary>
    public void BeginBlock(BlockContext block, IStateWriter state)
    {
        foreach (Hash256 jobId in JobLedger.OpenJobs(state))
        {
            Advance(block, state, jobId, static (progression, job) => progression.DrawAuditors(job));
        }
    }

    /// <inheritdoc/>
    public void EndBlock(BlockContext block, IStateWriter state)
    {
        IReadOnlyList<Hash256> open = JobLedger.OpenJobs(state);
        List<Hash256> stillOpen = [];
        foreach (Hash256 jobId in open)
        {
            if (Advance(block, state, jobId, static (progression, job) => progression.Advance(job)).IsOpen)
            {
                stillOpen.Add(jobId);
            }
        }

        if (stillOpen.Count != open.Count)
        {
            JobLedger.SetOpenJobs(state, stillOpen);
        }
    }

    private static JobState Advance(BlockContext block, IStateWriter state, Hash256 jobId, Func<JobProgression, JobState, JobState> advance)
    {
        JobState before = JobLedger.GetJob(state, jobId) ?? throw new EconomicsException($"Open job {jobId} is missing.");
        JobState after = advance(new JobProgression(block, state, jobId, LaneRules.Of(before.Manifest)), before);
        if (after != before)
        {
            JobLedger.SetJob(state, jobId, after);
        }

        return after;
    }

    private static ValidationResult Submit(TransactionContext transaction, IStateWriter state, SubmitJobPayload submission)
    {
        JobManifest manifest = submission.Manifest;
        if (manifest.Client != transaction.Sender)
        {
            return ValidationResult.Fail(ValidationCode.NotAllowed, nameof(manifest.Client), "The manifest names another client than the sender.");
        }

        if (manifest.IsTolerance && !new NetworkRules(transaction.Block.Parameters).RulesAt(transaction.Block.Height).ToleranceJobs)
        {
            return ValidationResult.Fail(
                ValidationCode.UpgradeInactive, nameof(manifest.Version), $"No job of lane T is accepted at height {transaction.Block.Height}.");
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
            manifest, JobStatus.Active, transaction.Block.Height, 0, false, 0, Hash256.Zero, submission.Escrow, Amount.Zero, Amount.Zero, Amount.Zero, 0, 0, 0));
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

        JobLedger.SetJob(state, record.JobId, job! with { WakeHeight = transaction.Block.Height });
        JobLedger.SetUnit(state, unit! with
        {
            Phase = UnitPhase.Committed,
            Record = record,
            CommittedHeight = transaction.Block.Height,
            WorkDigest = WorkLedger.Commit(state, unit.Lease.Id),
        });
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

        if (unit.Phase != UnitPhase.Leased)
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

        JobLedger.SetJob(state, jobId, job with { Status = JobStatus.Closing, ClosingHeight = transaction.Block.Height });
        return ValidationResult.Ok;
    }

    private static ValidationResult Mismatch(string field, string message) => ValidationResult.Fail(ValidationCode.LeaseMismatch, field, message);
}
