using PoUW.Compute.Tolerance;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace PoUW.Training.Execution;

/// <summary>Keeps the programs and data of the last few jobs ready. Not thread-safe.</summary>
/// <param name="loader">Fetches what jobs name.</param>
/// <param name="backend">Computes exact lanes.</param>
/// <param name="tolerance">Computes lane T; null if this node takes no part in it.</param>
/// <param name="limits">Limits of the machine and of states.</param>
/// <param name="capacity">How many jobs.</param>
/// <param name="atStake">True for a worker, false for an auditor.</param>
internal sealed class JobWorkspaces(
    JobLoader loader, ITensorBackend backend, IToleranceEngine? tolerance, VmLimits limits, int capacity, bool atStake) : IDisposable
{
    private readonly List<JobWorkspace> _open = [];

    /// <summary>The workspace of a job; fetches what it needs if the job is not open.</summary>
    /// <exception cref="TrainingException">Program or data cannot be fetched or used.</exception>
    public async Task<JobWorkspace> OpenAsync(Hash256 jobId, JobManifest manifest, CancellationToken cancellation)
    {
        JobWorkspace? found = _open.Find(workspace => workspace.JobId == jobId);
        if (found is not null)
        {
            return found;
        }

        IUnitExecutor executor = manifest.IsTolerance ? await OpenToleranceAsync(manifest, cancellation) : await OpenExactAsync(manifest, cancellation);
        JobWorkspace opened = new(jobId, executor, new RoundStart(manifest, executor, loader));
        _open.Add(opened);
        if (_open.Count > capacity)
        {
            Close(_open[0]);
            _open.RemoveAt(0);
        }

        return opened;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open.ForEach(Close);
        _open.Clear();
    }

    private async Task<IUnitExecutor> OpenExactAsync(JobManifest manifest, CancellationToken cancellation) =>
        new UnitExecutor(manifest, await loader.LoadAssetsAsync(manifest, cancellation), backend, limits);

    private async Task<IUnitExecutor> OpenToleranceAsync(JobManifest manifest, CancellationToken cancellation)
    {
        IToleranceEngine engine = tolerance is not null && tolerance.Classes.Any(known => known.Id == manifest.ToleranceClass)
            ? tolerance
            : throw new TrainingException($"This node has no engine for class {manifest.ToleranceClass} of lane T.");
        return new ToleranceExecutor(manifest, await loader.LoadToleranceAssetsAsync(manifest, cancellation), engine, limits, atStake);
    }

    private static void Close(JobWorkspace workspace) => (workspace.Executor as IDisposable)?.Dispose();
}
