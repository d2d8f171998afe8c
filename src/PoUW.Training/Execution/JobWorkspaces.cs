using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Vm.Backends;
using PoUW.Vm.Programs;

namespace PoUW.Training.Execution;

/// <summary>Keeps the programs and data of the last few jobs ready. Not thread-safe.</summary>
internal sealed class JobWorkspaces(JobLoader loader, ITensorBackend backend, VmLimits limits, int capacity)
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

        JobAssets assets = await loader.LoadAssetsAsync(manifest, cancellation);
        UnitExecutor executor = new(manifest, assets, backend, limits);
        JobWorkspace opened = new(jobId, executor, new RoundStart(manifest, executor, loader));
        _open.Add(opened);
        if (_open.Count > capacity)
        {
            _open.RemoveAt(0);
        }

        return opened;
    }
}
