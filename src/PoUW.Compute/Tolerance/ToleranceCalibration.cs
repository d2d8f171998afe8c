using System.Buffers.Binary;
using PoUW.Compute.Data;
using PoUW.Compute.StateDicts;
using PoUW.Core.Primitives;

namespace PoUW.Compute.Tolerance;

/// <summary>Measures the bounds of a job before it is submitted. Stateless, any thread.</summary>
public static class ToleranceCalibration
{
    /// <summary>
    /// Trains some units on each engine, each unit from the same state and from one whose fp32 numbers are moved by rounding errors, and takes eight times what any two of
    /// these runs differed by (<see cref="ToleranceAudit.Calibrate"/>). Costs two runs a unit and engine.
    /// </summary>
    /// <param name="engines">At least one, better each kind of device that the class admits. All make the same module.</param>
    /// <param name="recipe">What the job trains.</param>
    /// <param name="data">The job's data.</param>
    /// <param name="seed">Seed of the state and of the order, which are others in the job.</param>
    /// <param name="unitSteps">Steps of a unit, as in the job: more steps differ by more.</param>
    /// <param name="units">
    /// How many units, at least 1. Near the end of a training updates are small and differ by more of their size, so as many as a part of the job that takes it there.
    /// </param>
    /// <param name="cancellation">Ends the measurement between two steps.</param>
    /// <exception cref="ToleranceException">
    /// An engine cannot train it, the engines make other states, or honest runs differ so much that a bound would admit lies: such a job has no place in lane T.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static ToleranceBounds Measure(
        IReadOnlyList<IToleranceEngine> engines, ToleranceRecipe recipe, Dataset data, ulong seed, ulong unitSteps, int units, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfZero(engines.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(units, 1);
        List<IToleranceUnits> opened = [];
        try
        {
            foreach (IToleranceEngine engine in engines)
            {
                opened.Add(engine.Open(recipe, data, OrderOf(seed), seed));
            }

            ToleranceBounds bounds = ToleranceAudit.Calibrate(Runs(opened, seed, unitSteps, units, cancellation));
            return bounds.Validate() is { IsValid: false } bad ? throw new ToleranceException($"{bad.Field}: {bad.Message}") : bounds;
        }
        finally
        {
            opened.ForEach(static job => job.Dispose());
        }
    }

    private static IEnumerable<(StateDict Before, StateDict First, StateDict Second)> Runs(
        List<IToleranceUnits> jobs, ulong seed, ulong steps, int units, CancellationToken cancellation)
    {
        StateDict before = SameState(jobs);
        for (int unit = 0; unit < units; unit++)
        {
            (StateDict exact, ulong first) = (before, (ulong)unit * steps);
            StateDict moved = RoundingErrors.Add(before, seed);
            StateDict[] results = [.. jobs.SelectMany(job => new[] { exact, moved }.Select(state => job.Run(state, first, steps, cancellation).After))];
            for (int i = 0; i < results.Length; i++)
            {
                for (int j = i + 1; j < results.Length; j++)
                {
                    yield return (before, results[i], results[j]);
                }
            }

            before = results[0];
        }
    }

    private static StateDict SameState(List<IToleranceUnits> jobs)
    {
        StateDict state = jobs[0].InitialState();
        foreach (StateDict other in jobs.Skip(1).Select(static job => job.InitialState()))
        {
            ToleranceState.Require(other, state);
            if (state.FirstOrDefault(item => !item.Value.Data.Span.SequenceEqual(other[item.Key].Data.Span)) is { Key: { } name })
            {
                throw new ToleranceException($"The engines make '{name}' otherwise.");
            }
        }

        return state;
    }

    private static Hash256 OrderOf(ulong seed)
    {
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, seed);
        return Hash256.Sha256(bytes);
    }
}
