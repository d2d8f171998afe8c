using PoUW.Compute.Compilation;
using PoUW.Core.Jobs;
using PoUW.Training.Clients;
using PoUW.Training.Execution;

namespace PoUW.Sdk.Jobs;

/// <summary>A submitted job of an exact lane. Thread-safe.</summary>
public sealed class TrainingJob : SubmittedJob
{
    private readonly CompiledModel _model;

    internal TrainingJob(JobManifest manifest, CompiledModel model, JobFollower follower)
        : base(manifest, follower) => _model = model;

    /// <summary>The model after the last complete round, rebuilt from the workers' states and checked against their records.</summary>
    /// <exception cref="PoUW.Training.TrainingException">No round is complete yet, or nobody serves a state that matches its record.</exception>
    public async Task<TrainedModel> LoadModelAsync(CancellationToken cancellation = default)
    {
        ModelState state = await Follower.LoadModelAsync(cancellation);
        return new TrainedModel(_model, state, Manifest);
    }
}
