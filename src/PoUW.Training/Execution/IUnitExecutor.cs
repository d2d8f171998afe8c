using PoUW.Core.Jobs;

namespace PoUW.Training.Execution;

/// <summary>Runs the steps of one job: exactly (<see cref="UnitExecutor"/>), or within bounds (<see cref="ToleranceExecutor"/>). Not thread-safe.</summary>
public interface IUnitExecutor
{
    /// <summary>Size of an encoded state of the job, in bytes; every state has it.</summary>
    long StateBytes { get; }

    /// <summary>The state before the first step, the same bits for everybody.</summary>
    /// <exception cref="TrainingException">It cannot be made here.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    ModelState InitialState(CancellationToken cancellation);

    /// <summary>
    /// Runs consecutive steps from a start state under a lease. Workers and auditors run those of the lease's unit; any other ones are for simulations
    /// of workers that lie.
    /// </summary>
    /// <exception cref="TrainingException">The steps cannot be done here, or break a rule of the job.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    UnitResult RunSteps(ModelState start, Lease lease, ulong firstStep, ulong steps, CancellationToken cancellation);
}
