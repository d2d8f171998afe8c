using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Core.Runtime;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace PoUW.Training.Execution;

/// <summary>
/// Keeps the programs and data of the last few jobs ready. A job of lane T is opened on a thread of its own, since a module may take any time for it; who no
/// longer waits leaves it to the next call, which opens no other one beside it. Not thread-safe.
/// </summary>
/// <param name="loader">Fetches what jobs name.</param>
/// <param name="backend">Computes exact lanes.</param>
/// <param name="tolerance">Computes lane T; null if this node takes no part in it.</param>
/// <param name="spawner">Starts the thread that opens.</param>
/// <param name="limits">Limits of the machine and of states.</param>
/// <param name="capacity">How many jobs.</param>
/// <param name="atStake">True for a worker, false for an auditor.</param>
internal sealed class JobWorkspaces(
    JobLoader loader, ITensorBackend backend, IToleranceEngine? tolerance, ISpawner spawner, VmLimits limits, int capacity, bool atStake) : IAsyncDisposable
{
    private readonly List<JobWorkspace> _open = [];
    private Opening? _opening;

    /// <summary>The workspace of a job; fetches what it needs if the job is not open.</summary>
    /// <exception cref="TrainingException">Program or data cannot be fetched or used.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async Task<JobWorkspace> OpenAsync(Hash256 jobId, JobManifest manifest, CancellationToken cancellation)
    {
        if (manifest.IsTolerance)
        {
            await SettleAsync(cancellation);
        }

        return _open.Find(workspace => workspace.JobId == jobId)
            ?? (manifest.IsTolerance ? await OpenToleranceAsync(jobId, manifest, cancellation) : await OpenExactAsync(jobId, manifest, cancellation));
    }

    /// <summary>Closes all jobs, also one that is still being opened: the engine's owner disposes of the engine next.</summary>
    public async ValueTask DisposeAsync()
    {
        await SettleAsync(CancellationToken.None);
        _open.ForEach(Close);
        _open.Clear();
    }

    private async Task<JobWorkspace> OpenExactAsync(Hash256 jobId, JobManifest manifest, CancellationToken cancellation) =>
        Keep(jobId, manifest, new UnitExecutor(manifest, await loader.LoadAssetsAsync(manifest, cancellation), backend, limits));

    private async Task<JobWorkspace> OpenToleranceAsync(Hash256 jobId, JobManifest manifest, CancellationToken cancellation)
    {
        IToleranceEngine engine = tolerance is not null && tolerance.Classes.Any(known => known.Id == manifest.ToleranceClass)
            ? tolerance
            : throw new TrainingException($"This node has no engine for class {manifest.ToleranceClass} of lane T.") { IsLasting = true };
        ToleranceAssets assets = await loader.LoadToleranceAssetsAsync(manifest, cancellation);
        Task<ToleranceExecutor> executor = OpenApartAsync(manifest, assets, engine);
        _opening = new Opening(jobId, manifest, executor);
        await SettleAsync(cancellation);
        await executor; // Tells what went wrong; otherwise it is the last one that is kept.
        return _open[^1];
    }

    private async Task<ToleranceExecutor> OpenApartAsync(JobManifest manifest, ToleranceAssets assets, IToleranceEngine engine)
    {
        ToleranceExecutor? opened = null;
        await spawner.SpawnThread("pouw-open", () => opened = new ToleranceExecutor(manifest, assets, engine, limits, atStake));
        return opened!;
    }

    /// <summary>Waits for the job that is being opened, and keeps it. If it cannot be opened, it is its next lease or draw that is told so.</summary>
    private async Task SettleAsync(CancellationToken cancellation)
    {
        if (_opening is not { } opening)
        {
            return;
        }

        await Task.WhenAny(opening.Executor).WaitAsync(cancellation);
        _opening = null;
        if (opening.Executor.IsCompletedSuccessfully)
        {
            Keep(opening.JobId, opening.Manifest, await opening.Executor);
        }
    }

    private JobWorkspace Keep(Hash256 jobId, JobManifest manifest, IUnitExecutor executor)
    {
        JobWorkspace opened = new(jobId, executor, new RoundStart(manifest, executor, loader));
        _open.Add(opened);
        if (_open.Count > capacity)
        {
            Close(_open[0]);
            _open.RemoveAt(0);
        }

        return opened;
    }

    private static void Close(JobWorkspace workspace) => (workspace.Executor as IDisposable)?.Dispose();

    private sealed record Opening(Hash256 JobId, JobManifest Manifest, Task<ToleranceExecutor> Executor);
}
