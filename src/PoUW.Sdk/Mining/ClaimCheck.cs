using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Economics.TileWork;

namespace PoUW.Sdk.Mining;

/// <summary>
/// Says whether a block on the head that claims an operation could be valid now, and how it must be dated. Asked before each product of a
/// unit, since tickets that cannot make a block are better drawn unbound. Not thread-safe.
/// </summary>
internal sealed class ClaimCheck(BlockChain chain, ILeaseView leases, TimeProvider time)
{
    private readonly ulong _lead = WorkSchedule.LeadOf(chain.Parameters);

    // A worker does one unit at a time, so the plan is read once for many products. A job's id is its manifest's hash: it cannot change.
    private (Hash256 JobId, WorkPlan Plan)? _known;

    /// <summary>The time of the block, or null if there can be none.</summary>
    /// <param name="claim">The operation.</param>
    /// <param name="shape">The shape of its product.</param>
    /// <param name="onHead">The header of an unbound block on the head, for what both have in common.</param>
    public ulong? DateOf(BoundClaim claim, in TileWorkShape shape, BlockHeader onHead)
    {
        ChainHead head = chain.Head;
        if (head.Id != onHead.ParentHash)
        {
            return null;
        }

        IStateReader state = chain.StateAt(head);
        if (WorkLedger.FindLease(state, claim.LeaseId) is not { } lease || PlanOf(claim.JobId, state) is not { } plan)
        {
            return null;
        }

        ulong now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        ulong offset = plan.OffsetOf(claim.Step - lease.FirstStep, claim.Operation);

        // The largest number while the schedule has not started: too early at any time.
        ulong date = Math.Max(Math.Max(now, onHead.TimestampMs), lease.Schedule.EarliestBlockMs(offset));
        if (date > now + _lead)
        {
            return null;
        }

        BlockHeader header = onHead with { TimestampMs = date, Claim = claim, Nonce = 0, TransactionRoot = Block.TransactionRootOf([]) };
        return leases.CheckClaim(state, head.Header, header, shape).IsValid ? date : null;
    }

    /// <summary>
    /// True if an operation of a lease in force comes too early: no block may claim it yet, but one will. A schedule that takes more than
    /// half of the lease's time is not worth keeping to: the unit could come too late.
    /// </summary>
    /// <param name="claim">The operation.</param>
    public bool IsEarly(BoundClaim claim)
    {
        ChainHead head = chain.Head;
        IStateReader state = chain.StateAt(head);
        if (WorkLedger.FindLease(state, claim.LeaseId) is not { Status: WorkLeaseStatus.Open } lease
            || head.Height >= lease.ExpiryHeight
            || !lease.HasStep(claim.Step)
            || PlanOf(claim.JobId, state) is not { } plan)
        {
            return false;
        }

        UInt128 length = (UInt128)lease.Macs * 1_000 / lease.Schedule.MacsPerSecond;
        if (length * 2 > (UInt128)chain.Parameters.LeaseBlocks * chain.Parameters.BlockTimeMilliseconds)
        {
            return false;
        }

        ulong now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        return lease.Schedule.EarliestBlockMs(plan.OffsetOf(claim.Step - lease.FirstStep, claim.Operation)) > now + _lead;
    }

    private WorkPlan? PlanOf(Hash256 jobId, IStateReader state)
    {
        if (_known is { } known && known.JobId == jobId)
        {
            return known.Plan;
        }

        WorkPlan? plan = WorkLedger.FindPlan(state, jobId);
        _known = plan is null ? _known : (jobId, plan);
        return plan;
    }
}
