using PoUW.Core.Jobs;
using PoUW.Core.Primitives;

namespace PoUW.Training.Execution;

/// <summary>
/// What an honest worker commits for a unit. Workers and auditors both come here, so that there is one definition. A pure function of its
/// arguments; as thread-safe as the executor that it is given.
/// </summary>
public static class UnitReplay
{
    /// <summary>Runs a unit under a lease; a backend that knows units takes its products for the lease's operations.</summary>
    /// <param name="manifest">The job.</param>
    /// <param name="executor">The job's executor.</param>
    /// <param name="start">The state that the unit's round starts from.</param>
    /// <param name="lease">The lease; of its fields only job, unit and attempt count.</param>
    /// <param name="inputsDigest">The ledger's digest of the end roots of the previous round.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="TrainingException">The lease belongs to another job, or the program trapped.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public static ReplayedUnit Run(
        JobManifest manifest, IUnitExecutor executor, ModelState start, Lease lease, Hash256 inputsDigest, CancellationToken cancellation)
    {
        if (lease.JobId != manifest.JobId || lease.Unit >= manifest.UnitCount)
        {
            throw new TrainingException($"Unit {lease.Unit} of job {lease.JobId} is not one of the manifest's.");
        }

        UnitResult result = executor.RunSteps(start, lease, manifest.FirstStep(lease.Unit), manifest.StepsInUnit(lease.Unit), cancellation);
        return new ReplayedUnit(RecordOf(lease, inputsDigest, start, result), result.End);
    }

    /// <summary>The record that claims a result for a lease.</summary>
    public static UnitRecord RecordOf(Lease lease, Hash256 inputsDigest, ModelState start, UnitResult result) => new(
        lease.JobId, lease.Unit, lease.Attempt, inputsDigest, start.Root, result.End.Root, result.End.BlobAddress,
        result.LossSum, result.Correct, result.Samples);
}
