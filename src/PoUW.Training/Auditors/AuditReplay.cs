using PoUW.Compute.TileWork;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Runtime;
using PoUW.Economics.Jobs;
using PoUW.Economics.TileWork;
using PoUW.Training.Execution;
using PoUW.Training.Ledger;
using PoUW.Vm.Backends;

namespace PoUW.Training.Auditors;

/// <summary>
/// Replays units as an honest worker does them; in lane T it compares the claimed state with the replay within the job's bounds. Where a worker's bound tickets won blocks, it commits to the operands that those products
/// really have: a ticket on others is as false as a wrong record. One replay at a time.
/// </summary>
internal sealed class AuditReplay : IAsyncDisposable
{
    private readonly OperandRecorder _operands;
    private readonly JobWorkspaces _workspaces;
    private readonly ISpawner _spawner;

    public AuditReplay(JobLoader loader, ITensorBackend backend, ISpawner spawner, AuditorOptions options)
    {
        _operands = new OperandRecorder(backend);
        _workspaces = new JobWorkspaces(loader, _operands, options.Tolerance, spawner, options.VmLimits, options.MaxCachedJobs, atStake: false);
        _spawner = spawner;
    }

    /// <summary>Replays a unit, on a thread of its own.</summary>
    /// <param name="view">Holds the unit and what its lease won.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="cancellation">Ends the replay.</param>
    /// <exception cref="TrainingException">What the unit needs cannot be fetched, or the program trapped.</exception>
    public async Task<Finding> RunAsync(LedgerView view, UnitState unit, CancellationToken cancellation)
    {
        Lease lease = unit.Lease;
        JobState job = JobLedger.GetJob(view.State, lease.JobId) ?? throw new TrainingException($"Job {lease.JobId} is not in the state.");
        JobWorkspace workspace = await _workspaces.OpenAsync(lease.JobId, job.Manifest, cancellation);
        ModelState start = await workspace.Start.GetAsync(view, job, cancellation);
        IReadOnlyList<WorkWin> wins = WorkLedger.Wins(view.State, lease.Id);
        _operands.Watch(wins.Select(static win => (win.Step, win.Operation)));
        ReplayedUnit? honest = null;
        await _spawner.SpawnThread(
            "pouw-audit-unit",
            () => honest = UnitReplay.Run(job.Manifest, workspace.Executor, start, lease, job.InputsDigest, cancellation));
        return workspace.Executor is ToleranceExecutor executor
            ? new Finding(executor.StateBytes, claimed => Compare(executor, start, unit, honest!, claimed))
            : Finding.Exact(honest!, DigestOf(honest!, wins), workspace.Executor.StateBytes);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _workspaces.DisposeAsync();

    /// <summary>The claimed state, not the replay, is what the next round starts from, so it is the one to serve.</summary>
    private static Opinion Compare(ToleranceExecutor executor, ModelState start, UnitState unit, ReplayedUnit honest, ModelState? claimed)
    {
        if (claimed is null)
        {
            return new Opinion(unit.AuditDigest, Available: false, null);
        }

        if (!executor.Judge(start, unit.Record!, claimed, honest).Accepted)
        {
            return new Opinion(AuditReveal.OutOfBounds(unit.AuditDigest), Available: true, null);
        }

        bool leans = executor.Leans(unit.Lease.Worker, start, claimed, honest.End);
        return new Opinion(unit.AuditDigest, Available: true, new ReplayedUnit(unit.Record!, claimed), leans);
    }

    private Hash256 DigestOf(ReplayedUnit honest, IReadOnlyList<WorkWin> wins) => WorkDigests.Audit(
        honest.Record.Digest,
        WorkDigests.Of(wins.Select(win => (win.Step, win.Operation, _operands.DigestOf(win.Step, win.Operation)))));
}
