using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;
using PoUW.Sdk.Nodes;

namespace TrainOnNetwork;

/// <summary>What the bound tickets of the job gave, read from the client's own chain.</summary>
internal sealed class BoundWork
{
    private readonly Dictionary<Address, Amount> _bonuses = [];

    /// <summary>Blocks that claim an operation of the job.</summary>
    public int Blocks { get; private set; }

    /// <summary>Leases that back bound tickets.</summary>
    public int Leases { get; private set; }

    /// <summary>Bonuses that were minted.</summary>
    public Amount Bonuses { get; private set; }

    /// <summary>Bonuses of accepted units that are not due yet.</summary>
    public Amount Vesting { get; private set; }

    /// <summary>What was burned to open the leases.</summary>
    public required Amount Burned { get; init; }

    /// <summary>Tickets that the nodes drew on training products since they last started.</summary>
    public long TrainingTickets { get; private init; }

    /// <summary>Those of them that were bound.</summary>
    public long BoundTickets { get; private init; }

    public static BoundWork Read(SampleNetwork network, JobState job, Hash256 jobId, ulong height)
    {
        IStateReader state = network.Client.View.State;
        MiningStatus[] mining = [.. network.Workers.Select(static node => node.Mining)];
        BoundWork work = new()
        {
            Burned = job.LeaseBurned,
            TrainingTickets = mining.Sum(static status => status.TrainingTickets),
            BoundTickets = mining.Sum(static status => status.BoundTickets),
        };
        for (ulong h = 1; h <= height; h++)
        {
            work.Blocks += network.Client.Chain.GetBlockByHeight(h)!.Header.Claim?.JobId == jobId ? 1 : 0;
        }

        HashSet<ulong> due = [.. Enumerable.Range(1, (int)network.Parameters.BonusVestingBlocks + 1)
            .SelectMany(ahead => WorkVesting.DueAt(state, height + (ulong)ahead)).Select(static bonus => bonus.WonHeight)];
        for (ulong unit = 0; unit < job.Manifest.UnitCount; unit++)
        {
            work.AddUnit(state, jobId, unit, due);
        }

        return work;
    }

    /// <summary>Bonuses that an account was paid.</summary>
    public Amount BonusesOf(Address account) => _bonuses.GetValueOrDefault(account);

    private void AddUnit(IStateReader state, Hash256 jobId, ulong unit, HashSet<ulong> due)
    {
        ulong attempts = JobLedger.GetUnit(state, jobId, unit) is { } last ? last.Lease.Attempt + 1 : 0;
        for (ulong attempt = 0; attempt < attempts; attempt++)
        {
            if (WorkLedger.FindLease(state, BoundClaim.LeaseIdOf(jobId, unit, attempt)) is { } lease)
            {
                Leases++;
                AddWins(state, lease, due);
            }
        }
    }

    private void AddWins(IStateReader state, WorkLease lease, HashSet<ulong> due)
    {
        if (lease.Status != WorkLeaseStatus.Accepted)
        {
            return;
        }

        foreach (WorkWin win in WorkLedger.Wins(state, lease.Id))
        {
            if (due.Contains(win.Height))
            {
                Vesting += win.Bonus;
            }
            else if (StakeLedger.Get(state, lease.Worker).BannedUntil <= win.Height)
            {
                Bonuses += win.Bonus;
                _bonuses[lease.Worker] = BonusesOf(lease.Worker) + win.Bonus;
            }
        }
    }
}
