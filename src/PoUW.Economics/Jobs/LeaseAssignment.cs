using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Economics.Lanes;
using PoUW.Economics.Staking;

namespace PoUW.Economics.Jobs;

/// <summary>
/// Draws workers for units. Eligible is who has the worker role, is not banned, has enough at stake for the unit's price, and is admitted by the
/// job's lane; the chance is in proportion to reputation + 1. The units of a round go to different workers as long as there are enough, so a round spreads.
/// </summary>
internal static class LeaseAssignment
{
    /// <summary>The workers of a round in unit order; empty if nobody is eligible.</summary>
    public static IReadOnlyList<Address> ForRound(
        BlockContext block, Hash256 jobId, JobManifest manifest, ulong round, IReadOnlyList<(Address Address, UInt128 Weight)> candidates)
    {
        Hash256 seed = DrawSeed.Of("PoUW/lease-round", block.Beacon, jobId, round, 0);
        IReadOnlyList<Address> order = WeightedDraw.Take(seed, candidates, (int)manifest.UnitsPerRound);
        List<Address> workers = [];
        for (ulong unit = 0; order.Count > 0 && unit < manifest.UnitsInRound(round); unit++)
        {
            workers.Add(order[(int)(unit % (ulong)order.Count)]);
        }

        return workers;
    }

    /// <summary>The worker of one more attempt, another one than the last if there is one; null if nobody is eligible.</summary>
    public static Address? ForRetry(BlockContext block, Hash256 jobId, Lease last, IReadOnlyList<(Address Address, UInt128 Weight)> candidates)
    {
        Hash256 seed = DrawSeed.Of("PoUW/lease-retry", block.ParentTicket, jobId, last.Unit, last.Attempt + 1);
        List<(Address Address, UInt128 Weight)> eligible = [.. candidates];
        if (eligible.Count > 1)
        {
            eligible.RemoveAll(candidate => candidate.Address == last.Worker);
        }

        return WeightedDraw.Take(seed, eligible, 1) is [{ } worker] ? worker : null;
    }

    /// <summary>Who may take a unit of the job, and with what weight. Reads every stake.</summary>
    public static IReadOnlyList<(Address Address, UInt128 Weight)> Eligible(IStateReader state, BlockContext block, JobManifest manifest, LaneRules lane)
    {
        Amount forPrice = manifest.UnitPrice * block.Parameters.StakePerUnitPrice;
        Amount minimum = forPrice > block.Parameters.MinimumWorkerStake ? forPrice : block.Parameters.MinimumWorkerStake;
        return
        [
            .. StakeLedger.Active(state, StakeRoles.Worker, block.Height, minimum)
                .Where(entry => lane.Admits(entry.Stake, manifest))
                .Select(entry => (entry.Address, (UInt128)(entry.Stake.Reputation + 1))),
        ];
    }
}
