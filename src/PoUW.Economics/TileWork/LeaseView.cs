using PoUW.Core.Blocks;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Economics.TileWork;

/// <summary>
/// The rules of bound blocks over the state of the work module (<see cref="WorkLedger"/>): the lease is activated, deep enough, in force and
/// the producer's; the operation belongs to it, has the planned shape, is due, and has won no block before; and not too many blocks in a row
/// are bound. Immutable and thread-safe.
/// </summary>
public sealed class LeaseView(NetworkParameters parameters) : ILeaseView
{
    /// <summary>Blocks between the one that grants a lease and the first that may claim of it: so that few reorganisations reach the grant.</summary>
    public const ulong MinDepth = 2;

    /// <inheritdoc/>
    public ValidationResult CheckClaim(IStateReader parentState, BlockHeader parent, BlockHeader header, in TileWorkShape shape)
    {
        if (header.Claim is not { } claim)
        {
            return Fail(ValidationCode.BadBinding, "The header claims nothing.");
        }

        ulong run = parent.Claim is null ? 0 : WorkLedger.BoundRun(parentState) + 1;
        if (run >= parameters.MaxBoundRun)
        {
            return Fail(ValidationCode.BoundRunTooLong, $"{run} bound blocks in a row; the limit is {parameters.MaxBoundRun}.");
        }

        if (WorkLedger.FindLease(parentState, claim.LeaseId) is not { } lease || WorkLedger.FindPlan(parentState, claim.JobId) is not { } plan)
        {
            return Fail(ValidationCode.LeaseNotActivated, $"No bound tickets on attempt {claim.Attempt} of unit {claim.Unit} of job {claim.JobId}.");
        }

        ValidationResult result = CheckLease(lease, parent, header);
        result = result.IsValid ? CheckOperation(lease, plan, claim, shape) : result;
        return result.IsValid ? CheckTurn(parentState, lease, plan, parent, header) : result;
    }

    private static ValidationResult CheckLease(WorkLease lease, BlockHeader parent, BlockHeader header)
    {
        if (header.Producer != lease.Worker)
        {
            return Fail(ValidationCode.NotLeaseHolder, $"The lease is held by {lease.Worker}.");
        }

        if (lease.Status != WorkLeaseStatus.Open || header.Height > lease.ExpiryHeight)
        {
            return Fail(ValidationCode.LeaseOver, $"The lease is {lease.Status}; its last block is {lease.ExpiryHeight}.");
        }

        // Not granted + depth: heights come from the state, but nothing here may overflow.
        return parent.Height >= lease.GrantedHeight && parent.Height - lease.GrantedHeight >= MinDepth
            ? ValidationResult.Ok
            : Fail(ValidationCode.LeaseTooYoung, $"Granted at height {lease.GrantedHeight}; claims start {MinDepth + 1} blocks later.");
    }

    private static ValidationResult CheckOperation(WorkLease lease, WorkPlan plan, BoundClaim claim, in TileWorkShape shape)
    {
        if (!lease.HasStep(claim.Step))
        {
            return Fail(ValidationCode.UnknownOperation, $"Step {claim.Step}; the unit has {lease.Steps} steps from {lease.FirstStep}.");
        }

        if (claim.Operation >= plan.Operations.Count)
        {
            return Fail(ValidationCode.UnknownOperation, $"Operation {claim.Operation}; the plan has {plan.Operations.Count}.");
        }

        TileWorkShape planned = plan.Operations[(int)claim.Operation];
        return planned == shape
            ? ValidationResult.Ok
            : Fail(ValidationCode.WrongOperationShape, $"The certificate has {shape}; the plan says {planned}.");
    }

    private static ValidationResult CheckTurn(IStateReader parentState, WorkLease lease, WorkPlan plan, BlockHeader parent, BlockHeader header)
    {
        BoundClaim claim = header.Claim!;

        // The parent's own win is in the state of its children only.
        if (WorkLedger.IsCredited(parentState, claim.Nullifier) || parent.Claim?.Nullifier == claim.Nullifier)
        {
            return Fail(ValidationCode.AlreadyCredited, $"Operation {claim.Operation} of step {claim.Step} has won a block.");
        }

        ulong latest = WorkLedger.LatestTime(parentState);
        ulong offset = plan.OffsetOf(claim.Step - lease.FirstStep, claim.Operation);
        return lease.Schedule.IsDue(offset, latest, header.TimestampMs)
            ? ValidationResult.Ok
            : Fail(
                ValidationCode.NotScheduled,
                $"The operation is due in blocks from {lease.Schedule.EarliestBlockMs(offset)} on, while no ancestor is within {lease.Schedule.LeadMs} ms of it; the latest is {latest}.");
    }

    private static ValidationResult Fail(ValidationCode code, string message) => ValidationResult.Fail(code, nameof(BlockHeader.Claim), message);
}
