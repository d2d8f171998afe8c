using System.Buffers.Binary;
using PoUW.Core.Codec;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Economics.TileWork;

/// <summary>Reads activated leases, their wins and what claims depend on from any state. Pure functions; as thread-safe as the state that they are given.</summary>
public static class WorkLedger
{
    /// <summary>
    /// Most wins of a lease that are recorded and earn a bonus; they are one record. Longer leases than networks grant would be needed for more,
    /// and a block won beyond is a block like any other.
    /// </summary>
    public const int MaxWinsPerLease = 1_024;

    internal const string Module = "work";

    private static StateKey TimeKey => StateKey.Create(Module, "time", []);

    private static StateKey RunKey => StateKey.Create(Module, "run", []);

    private static StateKey CommonsKey => StateKey.Create(Module, "commons", []);

    /// <summary>The lease, or null if there is none or it was not activated.</summary>
    public static WorkLease? FindLease(IStateReader state, Hash256 leaseId) =>
        state.GetRecord(LeaseKey(leaseId)) is { } record ? WorkLease.Decode(record) : null;

    /// <summary>The work plan of a job of which a lease was activated, or null.</summary>
    public static WorkPlan? FindPlan(IStateReader state, Hash256 jobId)
    {
        if (state.GetRecord(PlanKey(jobId)) is not { } record)
        {
            return null;
        }

        return WorkPlan.TryDecode(record, out WorkPlan? plan).IsValid
            ? plan
            : throw new EconomicsException($"The work plan of job {jobId} cannot be read.");
    }

    /// <summary>The largest timestamp among the state's block and its ancestors, in milliseconds since the Unix epoch; 0 at genesis.</summary>
    public static ulong LatestTime(IStateReader state) => ReadNumber(state, TimeKey);

    /// <summary>True if an operation has won a block, whatever became of it; see <see cref="BoundClaim.Nullifier"/>.</summary>
    public static bool IsCredited(IStateReader state, Hash256 nullifier) => state.GetRecord(NullifierKey(nullifier)) is not null;

    /// <summary>The wins of a lease in the order of their blocks; the state's own block is not among them yet.</summary>
    public static IReadOnlyList<WorkWin> Wins(IStateReader state, Hash256 leaseId)
    {
        if (state.GetRecord(WinsKey(leaseId)) is not { } record)
        {
            return [];
        }

        RlpReader outer = new(record);
        RlpReader items = outer.ReadList();
        List<WorkWin> wins = [];
        bool complete = true;
        while (complete && !items.AtEnd)
        {
            wins.Add(WorkWin.Read(ref items, out complete));
        }

        return complete && items.TryFinish() && outer.TryFinish()
            ? wins
            : throw new EconomicsException($"The wins of lease {leaseId} cannot be read.");
    }

    /// <summary>Number of bound blocks in a row that end with the parent of the state's block.</summary>
    public static ulong BoundRun(IStateReader state) => ReadNumber(state, RunKey);

    /// <summary>Opens a lease for claims. Its schedule starts when it is deep enough to be claimed of.</summary>
    internal static void Activate(IStateWriter state, BlockContext block, Lease lease, JobManifest manifest, WorkLane lane, Amount burn)
    {
        WorkSchedule schedule = new(WorkSchedule.NotStarted, manifest.Work.MacsPerSecond, WorkSchedule.LeadOf(block.Parameters));
        ulong steps = manifest.StepsInUnit(lease.Unit);
        WorkLease opened = new(
            lease.JobId, lease.Unit, lease.Attempt, lease.Worker, lease.StartHeight, lease.ExpiryHeight, manifest.FirstStep(lease.Unit), steps,
            schedule, manifest.Work.MacsPerStep * steps, burn, lane, WorkLeaseStatus.Open);
        state.SetRecord(LeaseKey(opened.Id), opened.Encode());
        LeaseStarts.Add(state, opened.GrantedHeight + LeaseView.MinDepth, opened.Id);
        if (state.GetRecord(PlanKey(lease.JobId)) is null)
        {
            state.SetRecord(PlanKey(lease.JobId), manifest.Work.Encode());
        }
    }

    /// <summary>
    /// Starts the schedule of a lease that is still open, a lead after the latest time on record: the first operation is due in the next block,
    /// and can be drawn on the state's own block at once.
    /// </summary>
    internal static void Start(IStateWriter state, Hash256 leaseId)
    {
        if (FindLease(state, leaseId) is not { Status: WorkLeaseStatus.Open } lease)
        {
            return;
        }

        // A time that near the largest number starts nothing: no block can be dated after it.
        UInt128 start = (UInt128)LatestTime(state) + lease.Schedule.LeadMs;
        WorkSchedule schedule = lease.Schedule with { StartMs = (ulong)UInt128.Min(WorkSchedule.NotStarted, start) };
        state.SetRecord(LeaseKey(leaseId), (lease with { Schedule = schedule }).Encode());
    }

    /// <summary>Ends the claims of a lease whose unit is committed.</summary>
    /// <returns>The digest of its wins; zero if it has none or was not activated.</returns>
    internal static Hash256 Commit(IStateWriter state, Hash256 leaseId)
    {
        if (!Move(state, leaseId, WorkLeaseStatus.Committed))
        {
            return Hash256.Zero;
        }

        return WorkDigests.Of(Wins(state, leaseId).Select(win => (win.Step, win.Operation, win.Operands)));
    }

    /// <summary>Schedules the bonuses of a lease whose unit is accepted.</summary>
    internal static void Accept(IStateWriter state, BlockContext block, Hash256 leaseId)
    {
        // A lease that was voided stays so.
        if (FindLease(state, leaseId) is not { Status: WorkLeaseStatus.Committed, Worker: Address worker })
        {
            return;
        }

        Move(state, leaseId, WorkLeaseStatus.Accepted);
        foreach (WorkWin win in Wins(state, leaseId).Where(win => win.Bonus != Amount.Zero))
        {
            ulong due = Math.Max(win.Height + block.Parameters.BonusVestingBlocks, block.Height + 1);
            WorkVesting.Add(state, due, new VestingBonus(worker, win.Bonus, win.Height));
        }
    }

    /// <summary>Gives up the bonuses of a lease whose unit was not accepted.</summary>
    internal static void Void(IStateWriter state, Hash256 leaseId) => Move(state, leaseId, WorkLeaseStatus.Void);

    /// <summary>Records the bound ticket that won the parent, if it was bound.</summary>
    internal static void RecordParent(IStateWriter state, BlockContext block)
    {
        ulong run = block.ParentWork is null ? 0 : BoundRun(state) + 1;
        WriteNumber(state, RunKey, run);
        if (block.ParentWork is not { } work)
        {
            return;
        }

        // Set whatever becomes of the lease: an operation is credited once.
        BoundClaim claim = work.Claim;
        state.SetRecord(NullifierKey(claim.Nullifier), [1]);
        if (FindLease(state, claim.LeaseId) is { } lease && FindPlan(state, claim.JobId) is { } plan && claim.Operation < plan.Operations.Count
            && Wins(state, lease.Id) is { Count: < MaxWinsPerLease } earlier)
        {
            Amount bonus = BonusOf(state, block, lease, work, plan.Operations[(int)claim.Operation]);
            SetWins(state, lease.Id, earlier.Append(new WorkWin(claim.Step, claim.Operation, work.Operands, block.Height - 1, bonus)));
        }
    }

    internal static void RecordTime(IStateWriter state, ulong timestampMs)
    {
        if (timestampMs > LatestTime(state))
        {
            WriteNumber(state, TimeKey, timestampMs);
        }
    }

    private static Amount BonusOf(IStateWriter state, BlockContext block, WorkLease lease, BoundWork work, in TileWorkShape shape)
    {
        if (lease.Lane == WorkLane.Commons)
        {
            Amount bonus = WorkPricing.CommonsBonusOf(block.Parameters, shape);
            return bonus != Amount.Zero && TakeCommonsWin(state, block) ? bonus : Amount.Zero;
        }

        return CompactTarget.TryDecode(work.Bits, out System.Numerics.BigInteger target)
            ? WorkPricing.BonusOf(block.Parameters, lease.Burn, lease.Macs, target, shape)
            : Amount.Zero;
    }

    /// <summary>Counts a bonus of the commons lane in the epoch of the block that was won.</summary>
    /// <returns>False if the epoch has had all of them.</returns>
    private static bool TakeCommonsWin(IStateWriter state, BlockContext block)
    {
        ulong epoch = (block.Height - 1) / block.Parameters.EpochBlocks;
        byte[] record = state.GetRecord(CommonsKey) ?? new byte[16];
        ulong taken = BinaryPrimitives.ReadUInt64BigEndian(record) == epoch ? BinaryPrimitives.ReadUInt64BigEndian(record.AsSpan(8)) : 0;
        if (taken >= WorkPricing.CommonsWinsPerEpoch(block.Parameters))
        {
            return false;
        }

        byte[] counted = new byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(counted, epoch);
        BinaryPrimitives.WriteUInt64BigEndian(counted.AsSpan(8), taken + 1);
        state.SetRecord(CommonsKey, counted);
        return true;
    }

    /// <returns>False if the lease was not activated.</returns>
    private static bool Move(IStateWriter state, Hash256 leaseId, WorkLeaseStatus status)
    {
        if (FindLease(state, leaseId) is not { } lease)
        {
            return false;
        }

        state.SetRecord(LeaseKey(leaseId), (lease with { Status = status }).Encode());
        return true;
    }

    private static void SetWins(IStateWriter state, Hash256 leaseId, IEnumerable<WorkWin> wins)
    {
        RlpWriter writer = new RlpWriter().BeginList();
        foreach (WorkWin win in wins)
        {
            win.Write(writer);
        }

        state.SetRecord(WinsKey(leaseId), writer.EndList().Finish());
    }

    private static ulong ReadNumber(IStateReader state, StateKey key) =>
        state.GetRecord(key) is { } record ? BinaryPrimitives.ReadUInt64BigEndian(record) : 0;

    private static void WriteNumber(IStateWriter state, StateKey key, ulong value)
    {
        if (ReadNumber(state, key) != value)
        {
            byte[] record = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(record, value);
            state.SetRecord(key, record);
        }
    }

    private static StateKey LeaseKey(Hash256 leaseId) => StateKey.Create(Module, "lease", leaseId.ToArray());

    private static StateKey PlanKey(Hash256 jobId) => StateKey.Create(Module, "plan", jobId.ToArray());

    private static StateKey NullifierKey(Hash256 nullifier) => StateKey.Create(Module, "credited", nullifier.ToArray());

    private static StateKey WinsKey(Hash256 leaseId) => StateKey.Create(Module, "wins", leaseId.ToArray());
}
