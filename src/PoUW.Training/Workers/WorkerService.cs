using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Economics.Workers;
using PoUW.Training.Execution;
using PoUW.Training.Ledger;
using PoUW.Vm.Backends;

namespace PoUW.Training.Workers;

/// <summary>
/// The worker role: registers its account, then takes every lease that the ledger grants it, rebuilds the start state, runs the unit,
/// publishes the end state and commits the record. Without a lease it does idle work (mining the commons product). One loop, one compute
/// thread at a time; a failed unit is reported to the observer and left to its lease's expiry. A unit is given up when its lease is over,
/// or when it takes <see cref="LeaseDurations"/> times as long as a lease should last: a program may never end, and while all workers
/// run it no block does. The worker does no further unit of such a job.
/// </summary>
public sealed class WorkerService(
    AccountSender sender, ILedgerAccess ledger, JobLoader loader, ITensorBackend backend, IIdleWork idleWork, ISpawner spawner,
    IWorkerObserver observer, WorkerOptions options, TimeProvider time)
{
    /// <summary>Time that a unit may take, in durations of a lease: <c>LeaseBlocks</c> times the block time.</summary>
    public const int LeaseDurations = 2;

    private const int MaxRemembered = 4096;

    private readonly List<JobWorkspace> _workspaces = [];
    private readonly Dictionary<(Hash256 Job, ulong Unit), SentUnit> _sent = [];
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
        }
    }

    private async Task DoNextAsync(CancellationToken cancellation)
    {
        LedgerView view = ledger.View;
        EnsureRegistered(view);
        if (NextLease(view) is { } lease)
        {
            await RunLeaseAsync(view, lease, cancellation);
            return;
        }

        SetActivity(WorkerActivity.Mining);
        await spawner.SpawnThread("pouw-commons", () => Mine(view.Version, cancellation));
    }

    private void Mine(long version, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested && ledger.View.Version == version)
        {
            idleWork.RunOnce();
        }
    }

    private void EnsureRegistered(LedgerView view)
    {
        Address me = sender.Key.Address;
        (Hash256, ulong) registration = (Hash256.Zero, 0);
        if (WorkerRegistry.Contains(view.State, me) || !IsDue(registration, attempt: 0, view.Height))
        {
            return;
        }

        ValidationResult result = sender.Send(TransactionKind.RegisterWorker, ReadOnlyMemory<byte>.Empty);
        _sent[registration] = new SentUnit(0, view.Height, null);
        if (!result.IsValid)
        {
            observer.Rejected("registration", result);
        }
    }

    private Lease? NextLease(LedgerView view)
    {
        foreach (Lease lease in JobLedger.LeasesOf(view.State, sender.Key.Address))
        {
            bool open = lease.ExpiryHeight > view.Height && !_givenUp.Contains(lease.JobId);
            if (open && IsDue((lease.JobId, lease.Unit), lease.Attempt, view.Height))
            {
                return lease;
            }
        }

        return null;
    }

    private bool IsDue((Hash256 Job, ulong Unit) key, ulong attempt, ulong height) =>
        !_sent.TryGetValue(key, out SentUnit? sent) || sent.Attempt != attempt || height >= sent.Height + options.ResendAfterBlocks;

    private async Task RunLeaseAsync(LedgerView view, Lease lease, CancellationToken cancellation)
    {
        (Hash256, ulong) key = (lease.JobId, lease.Unit);
        UnitRecord? record = _sent.TryGetValue(key, out SentUnit? sent) && sent.Attempt == lease.Attempt ? sent.Record : null;
        if (record is not null && JobLedger.GetJob(view.State, lease.JobId)?.InputsDigest != record.InputsDigest)
        {
            // A reorganisation gave the round other inputs: the ledger would refuse the record for as long as the lease lasts.
            record = null;
        }

        try
        {
            record ??= await ComputeInTimeAsync(view, lease, cancellation);
            ValidationResult result = sender.Send(TransactionKind.CommitUnit, record.Encode());
            if (!result.IsValid)
            {
                observer.Rejected($"record of unit {lease.Unit}", result);
            }
        }
        catch (TrainingException failure)
        {
            observer.Failed(lease, failure);
        }

        if (_sent.Count >= MaxRemembered)
        {
            // Forgetting costs at worst a second computation of a unit that is still open.
            _sent.Clear();
        }

        _sent[key] = new SentUnit(lease.Attempt, ledger.View.Height, record);
    }

    private async Task<UnitRecord> ComputeInTimeAsync(LedgerView view, Lease lease, CancellationToken cancellation)
    {
        NetworkParameters parameters = ledger.Parameters;
        UInt128 milliseconds = (UInt128)LeaseDurations * parameters.LeaseBlocks * parameters.BlockTimeMilliseconds;
        TimeSpan limit = TimeSpan.FromMilliseconds((long)UInt128.Min(milliseconds, int.MaxValue));
        using CancellationTokenSource late = new(limit, time);
        using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        Task watch = WatchAsync(lease, over);
        try
        {
            return await ComputeAsync(view, lease, over.Token);
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

    private async Task WatchAsync(Lease lease, CancellationTokenSource over)
    {
        try
        {
            LedgerView view = ledger.View;
            while (IsInForce(view, lease))
            {
                await ledger.WaitForChangeAsync(view.Version, over.Token);
                view = ledger.View;
            }

            await over.CancelAsync();
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // The unit ended before its lease did.
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

    private async Task<UnitRecord> ComputeAsync(LedgerView view, Lease lease, CancellationToken cancellation)
    {
        SetActivity(WorkerActivity.Fetching, lease.Unit);
        JobState job = JobLedger.GetJob(view.State, lease.JobId) ?? throw new TrainingException($"Job {lease.JobId} is not in the state.");
        JobWorkspace workspace = await OpenAsync(lease.JobId, job.Manifest, cancellation);
        ModelState start = await workspace.Start.GetAsync(view, job, cancellation);

        SetActivity(WorkerActivity.Training, lease.Unit);
        UnitResult? result = null;
        await spawner.SpawnThread("pouw-train", () => result = workspace.Executor.RunUnit(start, lease.Unit, cancellation));
        Hash256 blob = await loader.PublishAsync(result!.End);
        _status = _status with { UnitsCommitted = _status.UnitsCommitted + 1 };
        return new UnitRecord(
            lease.JobId, lease.Unit, lease.Attempt, job.InputsDigest, start.Root, result.End.Root, blob, result.LossSum, result.Correct, result.Samples);
    }

    private async Task<JobWorkspace> OpenAsync(Hash256 jobId, JobManifest manifest, CancellationToken cancellation)
    {
        JobWorkspace? open = _workspaces.Find(workspace => workspace.JobId == jobId);
        if (open is null)
        {
            JobAssets assets = await loader.LoadAssetsAsync(manifest, cancellation);
            UnitExecutor executor = new(manifest, assets, backend, options.VmLimits);
            open = new JobWorkspace(jobId, executor, new RoundStart(manifest, executor, loader));
            _workspaces.Add(open);
            if (_workspaces.Count > options.MaxCachedJobs)
            {
                _workspaces.RemoveAt(0);
            }
        }

        return open;
    }

    private void SetActivity(WorkerActivity activity, ulong unit = 0) => _status = _status with { Activity = activity, Unit = unit };

    private sealed record JobWorkspace(Hash256 JobId, UnitExecutor Executor, RoundStart Start);

    private sealed record SentUnit(ulong Attempt, ulong Height, UnitRecord? Record);
}
