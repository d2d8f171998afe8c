using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.TileWork;
using PoUW.Training.Execution;
using PoUW.Training.Journal;
using PoUW.Training.Ledger;
using PoUW.Vm.Backends;

namespace PoUW.Training.Workers;

/// <summary>
/// The worker role: stakes its account, then takes every lease that the ledger grants it, rebuilds the start state, runs the unit,
/// publishes the end state, journals the record and commits it. After a restart a unit whose record is journaled and whose state is still
/// here is committed again without computing it. Without a lease it does idle work (mining the commons product). One loop, one compute
/// thread at a time; a failed unit is reported to the observer and left to its lease's expiry. A unit is given up when its lease is over,
/// or when it takes <see cref="LeaseDurations"/> times as long as a lease should last: a program may never end, and while all workers
/// run it no block does. The worker does no further unit of such a job, nor of a job of lane T that cannot be opened or kept within its bounds here, or in
/// which this account was found out of bounds: each unit of it would cost a fine. An observer hears of each job that is given up once.
/// </summary>
public sealed class WorkerService(
    AccountSender sender, ILedgerAccess ledger, JobLoader loader, JobJournal journal, ITensorBackend backend, IUnitRunner runner,
    IIdleWork idleWork, ISpawner spawner, IWorkerObserver observer, WorkerOptions options, TimeProvider time)
{
    /// <summary>Time that a unit may take, in durations of a lease: <c>LeaseBlocks</c> times the block time.</summary>
    public const int LeaseDurations = 2;

    private const int MaxRemembered = 4096;

    private readonly JobWorkspaces _workspaces = new(
        loader, backend, options.Tolerance, spawner, options.VmLimits, options.MaxCachedJobs, atStake: true);
    private readonly Dictionary<(Hash256 Job, ulong Unit), SentUnit> _sent = [];
    private readonly StakeKeeper _stake = new(
        sender, ledger.Parameters, StakeRoles.Worker, options.Stake, ToleranceClasses.Of(options.Tolerance), options.ResendAfterBlocks);
    private readonly HashSet<Hash256> _givenUp = [];
    private volatile WorkerStatus _status = new(WorkerActivity.Idle, 0, 0);

    /// <summary>What the worker is doing now. Thread-safe.</summary>
    public WorkerStatus Status => _status;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            while (!cancellation.IsCancellationRequested)
            {
                await DoNextAsync(cancellation);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Cancellation is how this loop ends.
        }
        finally
        {
            SetActivity(WorkerActivity.Idle);
            await _workspaces.DisposeAsync();
        }
    }

    private async Task DoNextAsync(CancellationToken cancellation)
    {
        LedgerView view = ledger.View;
        journal.Prune(view);
        if (_stake.Ensure(view) is { IsValid: false } refusal)
        {
            observer.Rejected("stake", refusal);
        }

        if (NextLease(view) is { } lease)
        {
            await RunLeaseAsync(view, lease, cancellation);
            return;
        }

        SetActivity(WorkerActivity.Mining);
        await spawner.SpawnThread("pouw-commons", () => Mine(view.Version, ulong.MaxValue, cancellation));
    }

    private void Mine(long version, ulong untilMs, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && ledger.View.Version == version && NowMs < untilMs)
        {
            idleWork.RunOnce();
        }
    }

    private ulong NowMs => (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();

    private Lease? NextLease(LedgerView view)
    {
        if (_stake.IsBanned(view))
        {
            return null;
        }

        foreach (Lease lease in JobLedger.LeasesOf(view.State, sender.Key.Address))
        {
            bool due = lease.ExpiryHeight > view.Height && IsDue((lease.JobId, lease.Unit), lease.Attempt, view.Height);
            if (due && IsWanted(view, lease))
            {
                return lease;
            }
        }

        return null;
    }

    /// <summary>False if the job was given up, or has to be now.</summary>
    private bool IsWanted(LedgerView view, Lease lease)
    {
        if (_givenUp.Contains(lease.JobId))
        {
            return false;
        }

        if (!WasOutOfBounds(view, lease.JobId))
        {
            return true;
        }

        GiveUp(lease.JobId);
        observer.Failed(lease, new TrainingException(
            $"Auditors found a unit of this account out of the bounds of job {lease.JobId}, which is given up: this device may not be what its class says."));
        return false;
    }

    private bool WasOutOfBounds(LedgerView view, Hash256 jobId) =>
        JobLedger.GetJob(view.State, jobId) is { Convictions: > 0, Manifest.IsTolerance: true }
        && JobLedger.Convictions(view.State, jobId).Any(one => one.Offence == Offence.OutOfBounds && one.Offender == sender.Key.Address);

    private bool IsDue((Hash256 Job, ulong Unit) key, ulong attempt, ulong height) =>
        !_sent.TryGetValue(key, out SentUnit? sent) || sent.Attempt != attempt || height >= sent.Height + options.ResendAfterBlocks;

    private async Task RunLeaseAsync(LedgerView view, Lease lease, CancellationToken cancellation)
    {
        try
        {
            UnitRecord record = await FulfilAsync(view, lease, cancellation);
            ValidationResult result = sender.Send(TransactionKind.CommitUnit, record.Encode());
            if (!result.IsValid)
            {
                observer.Rejected($"record of unit {lease.Unit}", result);
            }
        }
        catch (TrainingException failure) when (failure.IsLasting)
        {
            GiveUp(lease.JobId);
            observer.Failed(lease, new TrainingException($"{failure.Message} Job {lease.JobId} is given up.") { IsLasting = true });
        }
        catch (TrainingException failure)
        {
            observer.Failed(lease, failure);
        }

        if (_sent.Count >= MaxRemembered)
        {
            // Forgetting costs at worst a transaction that is sent twice.
            _sent.Clear();
        }

        _sent[(lease.JobId, lease.Unit)] = new SentUnit(lease.Attempt, ledger.View.Height);
    }

    private async Task<UnitRecord> FulfilAsync(LedgerView view, Lease lease, CancellationToken cancellation)
    {
        JobState job = JobLedger.GetJob(view.State, lease.JobId) ?? throw new TrainingException($"Job {lease.JobId} is not in the state.");
        UnitRecord? known = journal.FindRecord(lease.JobId, lease.Unit, lease.Attempt, job.InputsDigest);
        if (known is not null && loader.Holds(known.StateBlob))
        {
            return known;
        }

        UnitOutcome outcome = await ComputeInTimeAsync(view, job, lease, cancellation);
        if (outcome.Publish)
        {
            await loader.PublishAsync(outcome.End);
        }

        if (job.Manifest.IsTolerance && IsInForce(ledger.View, lease))
        {
            // The state of a journaled record is lost, and its bits do not come again.
            journal.Replace(outcome.Record);
        }
        else
        {
            // Refuses a record that differs from a journaled one: what may have been sent before is never contradicted.
            journal.Add(outcome.Record);
        }

        _status = _status with { UnitsCommitted = _status.UnitsCommitted + 1 };
        return outcome.Record;
    }

    private async Task<UnitOutcome> ComputeInTimeAsync(LedgerView view, JobState job, Lease lease, CancellationToken cancellation)
    {
        NetworkParameters parameters = ledger.Parameters;
        UInt128 milliseconds = (UInt128)LeaseDurations * parameters.LeaseBlocks * parameters.BlockTimeMilliseconds;
        TimeSpan limit = TimeSpan.FromMilliseconds((long)UInt128.Min(milliseconds, int.MaxValue));
        using CancellationTokenSource late = new(limit, time);
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        Task watch = LedgerWatch.CancelWhenUnwantedAsync(ledger, head => IsInForce(head, lease), over);
        try
        {
            return await ComputeAsync(view, job, lease, over.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            if (late.IsCancellationRequested)
            {
                GiveUp(lease.JobId);
            }

            throw new TrainingException(late.IsCancellationRequested ? $"It took longer than {limit}." : "Its lease was over before it was done.");
        }
        finally
        {
            await over.CancelAsync();
            await watch;
        }
    }

    private static bool IsInForce(LedgerView view, Lease lease) =>
        view.Height < lease.ExpiryHeight
        && JobLedger.GetJob(view.State, lease.JobId) is { IsOpen: true }
        && JobLedger.GetUnit(view.State, lease.JobId, lease.Unit) is { Record: null } unit && unit.Lease == lease;

    private void GiveUp(Hash256 jobId)
    {
        if (_givenUp.Count >= MaxRemembered)
        {
            _givenUp.Clear();
        }

        _givenUp.Add(jobId);
    }

    private async Task<UnitOutcome> ComputeAsync(LedgerView view, JobState job, Lease lease, CancellationToken cancellation)
    {
        SetActivity(WorkerActivity.Fetching, lease.Unit);
        JobWorkspace workspace = await _workspaces.OpenAsync(lease.JobId, job.Manifest, cancellation);
        ModelState start = await workspace.Start.GetAsync(view, job, cancellation);

        await WaitForScheduleAsync(lease, cancellation);
        SetActivity(WorkerActivity.Training, lease.Unit);
        UnitOutcome? outcome = null;
        await spawner.SpawnThread(
            "pouw-train",
            () => outcome = runner.Run(workspace.Executor, start, lease, job.Manifest, job.InputsDigest, cancellation));
        return outcome!;
    }

    /// <summary>
    /// Mines the commons product until the lease's first operation can be claimed: the lease is deep enough in the chain, so that its schedule
    /// has started, and the operation is within the lead that a claiming block may be ahead of the clock. Everything else of the unit is ready
    /// by then.
    /// </summary>
    private async Task WaitForScheduleAsync(Lease lease, CancellationToken cancellation)
    {
        ulong limit = NowMs + Math.Min(options.ScheduleWaitBlocks * ledger.Parameters.BlockTimeMilliseconds, int.MaxValue);
        while (NowMs < limit && !cancellation.IsCancellationRequested)
        {
            LedgerView view = ledger.View;
            if (WorkLedger.FindLease(view.State, lease.Id) is not { } work)
            {
                return; // It backs no bound tickets.
            }

            WorkSchedule schedule = work.Schedule;
            ulong begin = schedule.HasStarted ? schedule.EarliestBlockMs(0) - schedule.LeadMs : ulong.MaxValue;
            if (NowMs >= begin)
            {
                return;
            }

            SetActivity(WorkerActivity.Mining);
            await spawner.SpawnThread("pouw-commons", () => Mine(view.Version, Math.Min(begin, limit), cancellation));
        }

        cancellation.ThrowIfCancellationRequested();
    }

    private void SetActivity(WorkerActivity activity, ulong unit = 0) => _status = _status with { Activity = activity, Unit = unit };

    private sealed record SentUnit(ulong Attempt, ulong Height);
}
