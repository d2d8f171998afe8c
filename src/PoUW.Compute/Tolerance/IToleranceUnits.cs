using PoUW.Compute.StateDicts;

namespace PoUW.Compute.Tolerance;

/// <summary>The steps of one job of lane T on one device. Belongs to one thread at a time.</summary>
public interface IToleranceUnits : IDisposable
{
    /// <summary>
    /// The state before the first step, the same bits on every device (<see cref="ToleranceState"/>): parameters, buffers, momenta, in the ordinal order of their
    /// names. So a module's buffers have to start as constants; one that each device computes with its own sine is another job on each.
    /// </summary>
    /// <exception cref="ToleranceException">The device cannot be used.</exception>
    StateDict InitialState();

    /// <summary>Trains consecutive steps. The result is a function of the arguments and the job, up to the last bits.</summary>
    /// <param name="before">The state that they start from; not changed.</param>
    /// <param name="firstStep">Number of the first step, which decides its batch.</param>
    /// <param name="steps">How many; at least 1.</param>
    /// <param name="cancellation">Ends the run between two steps.</param>
    /// <exception cref="ToleranceException">There is no such step, the state does not fit, the numbers are no longer finite, or the device failed or has no memory for it.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    ToleranceUnit Run(StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation);

    /// <summary>Fails if there are no such steps: none, or beyond 2^63 - 1.</summary>
    protected static void RequireSteps(ulong firstStep, ulong steps)
    {
        if (steps == 0 || firstStep > long.MaxValue || steps > long.MaxValue - firstStep)
        {
            throw new ToleranceException($"There are no {steps} steps from step {firstStep} on.");
        }
    }
}
