using System.Numerics;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Economics.TileWork;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Opens granted leases for bound tickets. A lease of the commons job is opened as it is; any other one if the escrow can burn its price out
/// of what the client put in beyond the price of all units and audits. If it cannot, the lease is granted all the same, without bound tickets:
/// the client pays for training first.
/// </summary>
internal static class LeaseActivation
{
    /// <returns>The job after the burn.</returns>
    public static JobState Activate(IStateWriter state, BlockContext block, JobState job, Lease lease)
    {
        if (job.Manifest.Work.IsEmpty || !CanBeClaimed(block))
        {
            return job;
        }

        if (lease.JobId == block.Parameters.CommonsJob)
        {
            WorkLedger.Activate(state, block, lease, job.Manifest, WorkLane.Commons, Amount.Zero);
            return job;
        }

        Amount budget = job.Escrow - job.Manifest.TotalPrice - job.LeaseBurned;
        if (PriceOf(block, job.Manifest, lease.Unit) is not { } burn || burn > budget)
        {
            return job;
        }

        if (!state.TryBurn(JobLedger.EscrowAccount(lease.JobId), burn))
        {
            throw new EconomicsException($"The escrow of job {lease.JobId} does not hold its budget for leases.");
        }

        WorkLedger.Activate(state, block, lease, job.Manifest, WorkLane.Paid, burn);
        return job with { Burned = job.Burned + burn, LeaseBurned = job.LeaseBurned + burn };
    }

    /// <summary>Nothing is burned for tickets that no block of the network may carry. A lease from before the upgrade backs none after it.</summary>
    private static bool CanBeClaimed(BlockContext block) =>
        block.Parameters.MaxBoundRun > 0 && new NetworkRules(block.Parameters).RulesAt(block.Height).BoundTickets;

    private static Amount? PriceOf(BlockContext block, JobManifest manifest, ulong unit) =>
        CompactTarget.TryDecode(block.Bits, out BigInteger target)
            ? WorkPricing.BurnOf(block.Parameters, manifest.Work.MacsPerStep * manifest.StepsInUnit(unit), target)
            : null;
}
