using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Economics.Lanes;

namespace PoUW.Economics.Jobs;

/// <summary>Checks and records the commitments and openings of auditors.</summary>
internal static class AuditMessages
{
    public static ValidationResult Commit(TransactionContext transaction, IStateWriter state, AuditCommit message)
    {
        ValidationResult result = FindDuty(
            transaction, state, message.JobId, message.Unit, message.Attempt, UnitPhase.AuditCommit, out UnitState? unit, out AuditorState? own);
        if (!result.IsValid)
        {
            return result;
        }

        if (unit!.AuditDigest != message.ClaimedDigest)
        {
            return ValidationResult.Fail(
                ValidationCode.WrongPhase, nameof(message.ClaimedDigest), $"What is under audit is {unit.AuditDigest}.");
        }

        if (!own!.Commitment.IsZero || message.Commitment.IsZero)
        {
            return ValidationResult.Fail(
                ValidationCode.AlreadyCounted, nameof(message.Commitment), own.Commitment.IsZero ? "The zero hash commits to nothing." : "Committed already.");
        }

        Update(transaction, state, unit, own, own with { Commitment = message.Commitment });
        return ValidationResult.Ok;
    }

    public static ValidationResult Reveal(TransactionContext transaction, IStateWriter state, AuditReveal message)
    {
        ValidationResult result = FindDuty(
            transaction, state, message.JobId, message.Unit, message.Attempt, UnitPhase.AuditReveal, out UnitState? unit, out AuditorState? own);
        if (!result.IsValid)
        {
            return result;
        }

        if (own!.Reveal is not null)
        {
            return ValidationResult.Fail(ValidationCode.AlreadyCounted, nameof(AuditorState.Reveal), "Opened already.");
        }

        if (own.Commitment != message.CommitmentFor(transaction.Sender))
        {
            return ValidationResult.Fail(ValidationCode.WrongOpening, nameof(message.Salt), "The verdict is not the one that was committed to.");
        }

        result = LaneRules.Of(JobLedger.GetJob(state, message.JobId)!.Manifest).CheckReveal(unit!, message);
        if (result.IsValid)
        {
            Update(transaction, state, unit!, own, own with { Reveal = message });
        }

        return result;
    }

    private static ValidationResult FindDuty(
        TransactionContext transaction, IStateReader state, Hash256 jobId, ulong unitNumber, ulong attempt, UnitPhase phase,
        out UnitState? unit, out AuditorState? own)
    {
        own = null;
        unit = JobLedger.GetUnit(state, jobId, unitNumber);
        if (unit is null || JobLedger.GetJob(state, jobId) is not { IsOpen: true })
        {
            return ValidationResult.Fail(ValidationCode.UnknownJob, "jobId", $"Unit {unitNumber} of job {jobId} is not in an open job.");
        }

        if (unit.Phase != phase || unit.Lease.Attempt != attempt)
        {
            return ValidationResult.Fail(ValidationCode.WrongPhase, "unit", $"The unit is at attempt {unit.Lease.Attempt} in phase {unit.Phase}.");
        }

        own = unit.Auditors.FirstOrDefault(auditor => auditor.Auditor == transaction.Sender);
        return own is not null
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.NotDrawn, "sender", $"{transaction.Sender} was not drawn for this unit.");
    }

    private static void Update(TransactionContext transaction, IStateWriter state, UnitState unit, AuditorState before, AuditorState after)
    {
        JobState job = JobLedger.GetJob(state, unit.Lease.JobId)!;
        JobLedger.SetJob(state, unit.Lease.JobId, job with { WakeHeight = transaction.Block.Height });
        JobLedger.SetUnit(state, unit with { Auditors = [.. unit.Auditors.Select(auditor => auditor == before ? after : auditor)] });
    }
}
