using PoUW.Compute.StateDicts;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// Protects an honest worker from bounds that honest devices break: a client who sets them, or a job that is chaotic, would have it convicted. Stateless, any thread.
/// </summary>
public static class ToleranceProbe
{
    private const ulong Seed = 0x524F554E44; // "ROUND"

    /// <summary>
    /// Runs a unit twice, from the state and from one whose fp32 numbers are moved by rounding errors, and fails if the results differ by more than half of the
    /// bounds, or if the bounds admit that nothing was done. Before that it fails, without a run, if the bounds are not those of this module's tensors or below what fp32 leaves. To be called before the first
    /// unit of a job that this node trains.
    /// </summary>
    /// <param name="units">The job on this node's device.</param>
    /// <param name="program">The job's program.</param>
    /// <param name="before">The state that the unit starts from.</param>
    /// <param name="firstStep">The unit's first step.</param>
    /// <param name="steps">Its steps.</param>
    /// <param name="cancellation">Ends a run between two steps.</param>
    /// <returns>The unit from the exact state, which need not be run again.</returns>
    /// <exception cref="ToleranceException">The job is not to be taken, naming the tensor, or a run failed.</exception>
    /// <exception cref="OperationCanceledException">A run was cancelled.</exception>
    public static ToleranceUnit Check(
        IToleranceUnits units, ToleranceProgram program, StateDict before, ulong firstStep, ulong steps, CancellationToken cancellation)
    {
        CheckBounds(program.Bounds, before);
        ToleranceUnit exact = units.Run(before, firstStep, steps, cancellation);
        ToleranceUnit moved = units.Run(RoundingErrors.Add(before, Seed), firstStep, steps, cancellation);
        ToleranceVerdict verdict = ToleranceAudit.Compare(before, moved.After, exact.After, Half(program.Bounds));
        if (!verdict.Accepted)
        {
            throw new ToleranceException($"Rounding errors alone take this job beyond half of its bounds: {verdict.Reason}");
        }

        ToleranceAudit.RequireWork(before, exact.After, program.Bounds);
        return exact;
    }

    /// <summary>Only the part that needs no run.</summary>
    /// <param name="bounds">The job's bounds.</param>
    /// <param name="state">A state of the job.</param>
    /// <exception cref="ToleranceException">The bounds are out of their limits, not those of the state's tensors, or below what fp32 leaves; it names the tensor.</exception>
    public static void CheckBounds(ToleranceBounds bounds, StateDict state)
    {
        if (bounds.Validate() is { IsValid: false } bad)
        {
            throw new ToleranceException($"{bad.Field}: {bad.Message}");
        }

        string[] names = [.. state.Where(static item => item.Value.Type == StateTensorType.Float32).Select(static item => item.Key)];
        foreach (string name in names)
        {
            TensorBound bound = ToleranceAudit.BoundOf(bounds, name);
            if (bound.Noise is null && (bound.Relative < TensorBound.LeastRelative || bound.Largest < TensorBound.LeastLargest))
            {
                throw new ToleranceException($"The bounds of '{name}' are below what fp32 leaves: {TensorBound.LeastRelative} and {TensorBound.LeastLargest}.");
            }
        }

        if (bounds.Tensors.Count > names.Length)
        {
            throw new ToleranceException($"The module has no '{bounds.Tensors.Keys.Except(names).First()}', for which there is a bound.");
        }
    }

    private static ToleranceBounds Half(ToleranceBounds bounds) => new(bounds.Tensors.ToDictionary(
        static item => item.Key, static item => new TensorBound(item.Value.Largest / 2, item.Value.Relative / 2, item.Value.Noise / 2)));
}
