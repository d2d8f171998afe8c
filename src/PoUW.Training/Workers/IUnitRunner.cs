using PoUW.Core.Jobs;
using PoUW.Core.Primitives;
using PoUW.Training.Execution;

namespace PoUW.Training.Workers;

/// <summary>
/// What a worker does with a leased unit. Production nodes use <see cref="HonestRunner"/>; a simulation puts faults here. Called on the
/// worker's compute thread, one call at a time; must not call back.
/// </summary>
public interface IUnitRunner
{
    /// <summary>Runs a unit.</summary>
    /// <param name="executor">The job's executor.</param>
    /// <param name="start">The state that the unit's round starts from.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="manifest">The job.</param>
    /// <param name="inputsDigest">The ledger's digest of the end roots of the previous round.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <exception cref="TrainingException">The unit cannot be done.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    UnitOutcome Run(
        IUnitExecutor executor, ModelState start, Lease lease, JobManifest manifest, Hash256 inputsDigest, CancellationToken cancellation);
}
