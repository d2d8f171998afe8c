using PoUW.Compute.Compilation;
using PoUW.Compute.Data;
using PoUW.Core.Primitives;
using PoUW.Training.Execution;

namespace PoUW.Sdk.Jobs;

/// <summary>A trained model: its state as the chain's records commit to it.</summary>
public sealed class TrainedModel
{
    private readonly MlpSpec _spec;
    private readonly ModelState _state;

    internal TrainedModel(MlpSpec spec, ModelState state, Hash256 jobId) => (_spec, _state, JobId) = (spec, state, jobId);

    /// <summary>The job that trained it.</summary>
    public Hash256 JobId { get; }

    /// <summary>The root of the state: equal exactly if every weight and momentum bit is equal.</summary>
    public Hash256 WeightsHash => _state.Root;
}
