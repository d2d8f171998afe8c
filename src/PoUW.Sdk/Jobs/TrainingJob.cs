using PoUW.Compute.Compilation;
using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Training.Clients;
using PoUW.Training.Execution;

namespace PoUW.Sdk.Jobs;

/// <summary>A submitted job. Thread-safe.</summary>
public sealed class TrainingJob
{
    private readonly JobFollower _follower;
    private readonly CompiledModel _model;

    internal TrainingJob(JobManifest manifest, CompiledModel model, JobFollower follower)
    {
        (Manifest, _model, _follower) = (manifest, model, follower);
        Id = manifest.JobId;
    }

    /// <summary>The job id: the manifest's hash.</summary>
    public Hash256 Id { get; }

    /// <summary>What was submitted.</summary>
    public JobManifest Manifest { get; }

    /// <summary>The job as the head of the chain shows it now.</summary>
    public JobProgress Progress => _follower.Current;

    /// <summary>One progress a change of the chain's head; ends with the job.</summary>
    public IAsyncEnumerable<JobProgress> FollowAsync(CancellationToken cancellation = default) => _follower.FollowAsync(cancellation);

    /// <summary>Waits until the job has ended: completed, cancelled or timed out.</summary>
    public Task<JobProgress> WaitForEndAsync(CancellationToken cancellation = default) => _follower.WaitForEndAsync(cancellation);

    /// <summary>The model after the last complete round, rebuilt from the workers' states and checked against their records.</summary>
    /// <exception cref="PoUW.Training.TrainingException">No round is complete yet, or nobody serves a state that matches its record.</exception>
    public async Task<TrainedModel> LoadModelAsync(CancellationToken cancellation = default)
    {
        ModelState state = await _follower.LoadModelAsync(cancellation);
        return new TrainedModel(_model, state, Manifest);
    }
}
