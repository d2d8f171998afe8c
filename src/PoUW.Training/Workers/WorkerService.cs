using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
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
/// thread at a time; a failed unit is reported to the observer and left to its lease's expiry.
/// </summary>
public sealed class WorkerService(
    AccountSender sender, ILedgerAccess ledger, JobLoader loader, ITensorBackend backend, IIdleWork idleWork, ISpawner spawner,
    IWorkerObserver observer, WorkerOptions options)
{
    private const int MaxRemembered = 4096;

    private readonly List<JobWorkspace> _workspaces = [];
    private readonly Dictionary<(Hash256 Job, ulong Unit), SentUnit> _sent = [];
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
            if (lease.ExpiryHeight > view.Height && IsDue((lease.JobId, lease.Unit), lease.Attempt, view.Height))
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
        try
        {
            record ??= await ComputeAsync(view, lease, cancellation);
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
