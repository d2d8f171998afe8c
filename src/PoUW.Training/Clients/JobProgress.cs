using PoUW.Core.Jobs;
using PoUW.Economics.Jobs;

namespace PoUW.Training.Clients;

/// <summary>A job as the head state shows it.</summary>
/// <param name="Job">The job's record; null while the submission is not in a block yet.</param>
/// <param name="StepsDone">Steps of all committed units.</param>
/// <param name="TotalSteps">Steps of the job.</param>
/// <param name="RoundLoss">Mean loss a sample in bits, Q15, of the last complete round; null before the first one.</param>
/// <param name="RoundCorrect">Correct samples of the last complete round.</param>
/// <param name="RoundSamples">Samples of the last complete round.</param>
/// <param name="Working">Leases in force whose unit has no record.</param>
/// <param name="Height">The head's height.</param>
/// <param name="FinalizedHeight">The highest final block.</param>
public sealed record JobProgress(
    JobState? Job, ulong StepsDone, ulong TotalSteps, ulong? RoundLoss, ulong RoundCorrect, ulong RoundSamples,
    IReadOnlyList<Lease> Working, ulong Height, ulong FinalizedHeight)
{
    /// <summary>True once no unit can be committed any more.</summary>
    public bool IsEnded => Job is { IsOpen: false };
}
