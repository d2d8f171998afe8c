using PoUW.Compute.StateDicts;
using PoUW.Core.Jobs;
using PoUW.Training.Clients;
using PoUW.Training.Execution;

namespace PoUW.Sdk.Jobs;

/// <summary>A submitted job of lane T. Thread-safe.</summary>
public sealed class ToleranceJob : SubmittedJob
{
    private readonly StateShapes _shapes;

    internal ToleranceJob(JobManifest manifest, StateShapes shapes, JobFollower follower)
        : base(manifest, follower) => _shapes = shapes;

    /// <summary>
    /// The state after the last complete round: parameters and buffers under the module's names, and the optimiser's under theirs. Rebuilt from the workers'
    /// states and checked against their records.
    /// </summary>
    /// <exception cref="PoUW.Training.TrainingException">No round is complete yet, or nobody serves a state that matches its record.</exception>
    public async Task<StateDict> LoadStateAsync(CancellationToken cancellation = default) =>
        _shapes.ToStateDict(await Follower.LoadModelAsync(cancellation));
}
