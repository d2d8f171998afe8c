using PoUW.Compute.StateDicts;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// Compares a claimed state with a replay of the same unit, tensor by tensor and by the size of each tensor's update, never by one norm of all weights: an update
/// that is left out, made small or taken from other data is as large a difference as the update itself (training
/// notes 4.6; the attacks are those of arXiv 2108.09454 and 2208.03567). But up to four units in the last place of a number are no difference: updates below
/// that are not told from none, and a unit all of whose tensors change by less is no work that can be audited (<see cref="RequireWork"/>). Stateless, any thread.
/// </summary>
public static class ToleranceAudit
{
    // An update of which a tensor had none is compared with this, so that noise around zero is not infinite.
    private const double LeastUpdate = 1e-12;

    // Honest runs differ by more than the few that were measured.
    internal const double Headroom = 8;

    // Bounds from here on would admit lies: a tenth of the work left out, or done with other data.
    private const double MostRelative = 0.1;

    // A tensor whose update is smaller than this part of the largest one of the unit may be noise alone.
    private const double NoiseUpdate = 1e-4;

    // Four units in the last place of a number: what storing it at each step leaves, however small the updates are that are added to it.
    private const double Resolution = 4.0 / (1 << 23);

    /// <summary>Compares; in which order the states have their tensors does not matter.</summary>
    /// <param name="before">The state that both started from.</param>
    /// <param name="claimed">The worker's.</param>
    /// <param name="replayed">The auditor's.</param>
    /// <param name="bounds">What is admitted.</param>
    /// <exception cref="ToleranceException">
    /// The replay judges nobody: the bounds lack a tensor, the state before has other tensors than the replay, or the replay's numbers are not finite.
    /// </exception>
    public static ToleranceVerdict Compare(StateDict before, StateDict claimed, StateDict replayed, ToleranceBounds bounds)
    {
        RequireJudge(before, replayed, bounds);
        if (claimed.Count != replayed.Count || !replayed.Names.All(claimed.Contains))
        {
            return new ToleranceVerdict(false, "The states have other tensors.", []);
        }

        List<TensorDifference> differences = [];
        foreach ((string name, StateTensor replay) in replayed)
        {
            if (Compare(name, before[name], claimed[name], replay, bounds, differences) is { } reason)
            {
                return new ToleranceVerdict(false, reason, differences);
            }
        }

        return new ToleranceVerdict(true, "", differences);
    }

    /// <summary>
    /// Bounds from honest runs of the same units on the devices, and with the numbers of threads, that are to count as one class: the largest differences of each
    /// tensor that were seen, eightfold, and at least <see cref="TensorBound.LeastRelative"/>. A tensor that differs by as much as it changed is bounded absolutely, if it changed next to nothing.
    /// </summary>
    /// <param name="runs">The state before a unit, and two honest runs of it.</param>
    /// <exception cref="ToleranceException">
    /// There are no runs, their states do not belong together, the honest ones differ so much in a tensor that is trained that the bound would admit lies, or a
    /// unit changes so little that the bounds would admit one where nothing was done: such a job has no place in lane T.
    /// </exception>
    public static ToleranceBounds Calibrate(IEnumerable<(StateDict Before, StateDict First, StateDict Second)> runs)
    {
        Dictionary<string, Seen> seen = [];
        List<TensorDifference[]> idle = [];
        foreach ((StateDict before, StateDict first, StateDict second) in runs)
        {
            Observe(before, first, second, seen);
            idle.Add(Idle(before, first));
            idle.Add(Idle(before, second));
        }

        if (seen.Count == 0)
        {
            throw new ToleranceException("Bounds need honest runs.");
        }

        ToleranceBounds bounds = new(seen.ToDictionary(static item => item.Key, static item => BoundFor(item.Key, item.Value)));
        idle.ForEach(unit => RefuseIdle(unit, bounds));
        return bounds;
    }

    /// <summary>Fails if bounds admit that a unit was not done: the state before, but for its counters, which cost nothing.</summary>
    /// <param name="before">The state that the unit starts from.</param>
    /// <param name="replayed">The state after it.</param>
    /// <param name="bounds">The job's bounds.</param>
    /// <exception cref="ToleranceException">They do, or the bounds lack a tensor, or the states do not belong together.</exception>
    public static void RequireWork(StateDict before, StateDict replayed, ToleranceBounds bounds)
    {
        RequireJudge(before, replayed, bounds);
        RefuseIdle(Idle(before, replayed), bounds);
    }

    /// <exception cref="ToleranceException">There is none.</exception>
    internal static TensorBound BoundOf(ToleranceBounds bounds, string name) =>
        bounds.Tensors.TryGetValue(name, out TensorBound? bound) ? bound : throw new ToleranceException($"There is no bound for '{name}'.");

    /// <summary>2-norm of an update, and 1e-12 for none.</summary>
    internal static double UpdateNorm(ReadOnlySpan<float> before, ReadOnlySpan<float> replayed)
    {
        double update = 0;
        for (int i = 0; i < replayed.Length; i++)
        {
            double u = (double)replayed[i] - before[i];
            update += u * u;
        }

        return Math.Max(Math.Sqrt(update), LeastUpdate);
    }

    private static void RequireJudge(StateDict before, StateDict replayed, ToleranceBounds bounds)
    {
        ToleranceState.Require(before, replayed);
        ToleranceState.RequireFinite(replayed);
        foreach ((string name, StateTensor _) in replayed.Where(static item => item.Value.Type == StateTensorType.Float32))
        {
            BoundOf(bounds, name);
        }
    }

    /// <summary>Null if a tensor is admitted, else why not.</summary>
    private static string? Compare(
        string name, StateTensor before, StateTensor claim, StateTensor replay, ToleranceBounds bounds, List<TensorDifference> differences)
    {
        if (claim.Type != replay.Type || !claim.Shape.SequenceEqual(replay.Shape))
        {
            return $"'{name}' has another shape.";
        }

        if (replay.Type != StateTensorType.Float32)
        {
            return claim.Data.Span.SequenceEqual(replay.Data.Span) ? null : $"'{name}' counts otherwise.";
        }

        TensorDifference difference = Measure(name, before.ToFloat32(), claim.ToFloat32(), replay.ToFloat32());
        differences.Add(difference);
        return BoundOf(bounds, name).Admits(difference)
            ? null
            : $"'{name}' differs by {difference.Relative:G3} of its update, {difference.Absolute:G3} at most, which is {difference.Largest:G3} of its mean.";
    }

    /// <summary>How the tensors of a unit that was not done differ from those of one that was.</summary>
    private static TensorDifference[] Idle(StateDict before, StateDict replayed) =>
    [
        .. replayed.Where(static item => item.Value.Type == StateTensorType.Float32)
            .Select(item => (item.Key, Start: before[item.Key].ToFloat32(), End: item.Value.ToFloat32()))
            .Select(static tensor => Measure(tensor.Key, tensor.Start, tensor.Start, tensor.End)),
    ];

    private static void RefuseIdle(TensorDifference[] idle, ToleranceBounds bounds)
    {
        if (idle.All(difference => BoundOf(bounds, difference.Name).Admits(difference)))
        {
            throw new ToleranceException("A unit of this job changes so little that one where nothing was done is within the bounds.");
        }
    }

    private static void Observe(StateDict before, StateDict first, StateDict second, Dictionary<string, Seen> seen)
    {
        ToleranceState.Require(before, first);
        ToleranceState.Require(second, first);
        RequireSameCounts(first, second);
        string[] names = [.. first.Names.Where(name => first[name].Type == StateTensorType.Float32)];
        double[] moved = [.. names.Select(name => RootMeanSquare(before[name].ToFloat32(), first[name].ToFloat32()))];
        for (int i = 0; i < names.Length; i++)
        {
            (float[] start, float[] one, float[] two) = (before[names[i]].ToFloat32(), first[names[i]].ToFloat32(), second[names[i]].ToFloat32());
            TensorDifference difference = Measure(names[i], start, one, two);
            Seen last = seen.GetValueOrDefault(names[i], new Seen(0, 0, 0, 0));
            double noise = Math.Max(difference.Absolute, Math.Max(Measure("", start, one, start).Absolute, Measure("", start, two, start).Absolute));
            seen[names[i]] = new Seen(
                Math.Max(last.Largest, difference.Largest), Math.Max(last.Relative, difference.Relative), Math.Max(last.Noise, noise),
                Math.Max(last.Part, moved[i] / Math.Max(moved.Max(), LeastUpdate)));
        }
    }

    private static void RequireSameCounts(StateDict first, StateDict second)
    {
        foreach ((string name, StateTensor counts) in first.Where(static item => item.Value.Type != StateTensorType.Float32))
        {
            if (!counts.Data.Span.SequenceEqual(second[name].Data.Span))
            {
                throw new ToleranceException($"Honest runs count '{name}' otherwise.");
            }
        }
    }

    private static TensorBound BoundFor(string name, Seen seen)
    {
        double relative = Math.Max(Headroom * seen.Relative, TensorBound.LeastRelative);
        if (relative < MostRelative)
        {
            return new TensorBound(Math.Max(Headroom * seen.Largest, TensorBound.LeastLargest), relative);
        }

        return seen.Part <= NoiseUpdate
            ? TensorBound.OfNoise(Headroom * seen.Noise)
            : throw new ToleranceException($"Honest runs differ by {seen.Relative:G3} of the update of '{name}': no bound tells them from lies.");
    }

    private static double RootMeanSquare(float[] before, float[] after) => UpdateNorm(before, after) / Math.Sqrt(Math.Max(1, after.Length));

    private static TensorDifference Measure(string name, float[] before, float[] claimed, float[] replayed)
    {
        (double absolute, double largest, double square) = (0, 0, 0);
        for (int i = 0; i < replayed.Length; i++)
        {
            double d = Math.Abs((double)claimed[i] - replayed[i]);
            absolute = Math.Max(absolute, d);
            double beyond = Math.Max(0, d - (Resolution * Math.Max(Math.Abs(before[i]), Math.Abs(replayed[i]))));
            largest = Math.Max(largest, beyond);
            square += beyond * beyond;
        }

        double norm = UpdateNorm(before, replayed);
        return new TensorDifference(name, absolute, largest / (norm / Math.Sqrt(Math.Max(1, replayed.Length))), Math.Sqrt(square) / norm);
    }

    /// <summary>The largest of each measure over the runs; part is the update by the largest update of a tensor of the unit.</summary>
    private sealed record Seen(double Largest, double Relative, double Noise, double Part);
}
