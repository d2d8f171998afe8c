using PoUW.Compute.StateDicts;

namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>
/// Compares a claimed state with a replay of the same unit, tensor by tensor and by the size of each tensor's update, never by one norm of all weights: an update
/// that is left out, made small or taken from other data is as large a difference as the update itself, however small that is (training
/// notes 4.6; the attacks are those of arXiv 2108.09454 and 2208.03567). Stateless, any thread.
/// </summary>
public static class ToleranceAudit
{
    // An update of which a tensor had none is compared with this, so that noise around zero is not infinite.
    private const double LeastUpdate = 1e-12;

    // Honest runs differ by more than the few that were measured.
    private const double Headroom = 8;

    /// <summary>Compares.</summary>
    /// <param name="before">The state that both started from.</param>
    /// <param name="claimed">The worker's.</param>
    /// <param name="replayed">The auditor's.</param>
    /// <param name="bounds">What is admitted.</param>
    public static ToleranceVerdict Compare(StateDict before, StateDict claimed, StateDict replayed, ToleranceBounds bounds)
    {
        if (!claimed.Names.SequenceEqual(replayed.Names) || !before.Names.SequenceEqual(replayed.Names))
        {
            return new ToleranceVerdict(false, "The states have other tensors.", []);
        }

        List<TensorDifference> differences = [];
        foreach (string name in replayed.Names)
        {
            if (claimed[name].Type != StateTensorType.Float32 || !claimed[name].Shape.SequenceEqual(replayed[name].Shape))
            {
                return new ToleranceVerdict(false, $"'{name}' has another shape.", []);
            }

            TensorDifference difference = Measure(name, before[name].ToFloat32(), claimed[name].ToFloat32(), replayed[name].ToFloat32());
            differences.Add(difference);

            // Written so that what is not a number is refused.
            if (!(difference.Largest <= bounds.Largest && difference.Relative <= bounds.Relative))
            {
                return new ToleranceVerdict(false, $"'{name}' differs by {difference.Relative:G3} of its update, {difference.Largest:G3} at most.", differences);
            }
        }

        return new ToleranceVerdict(true, "", differences);
    }

    /// <summary>
    /// Bounds from honest runs of the same units on the devices, and with the numbers of threads, that are to count as one class: the largest differences that were seen,
    /// eightfold.
    /// </summary>
    /// <param name="runs">The state before a unit, and two honest runs of it.</param>
    public static ToleranceBounds Calibrate(IEnumerable<(StateDict Before, StateDict First, StateDict Second)> runs)
    {
        (double largest, double relative, double bias) = (0, 0, 0);
        foreach ((StateDict before, StateDict first, StateDict second) in runs)
        {
            foreach (string name in first.Names)
            {
                TensorDifference seen = Measure(name, before[name].ToFloat32(), first[name].ToFloat32(), second[name].ToFloat32());
                (largest, relative, bias) = (Math.Max(largest, seen.Largest), Math.Max(relative, seen.Relative), Math.Max(bias, Math.Abs(seen.Bias)));
            }
        }

        // Runs with equal bits say nothing of other machines: fp32 itself leaves some ten units of its last place a unit.
        const double least = 1e-5;
        return new ToleranceBounds(Headroom * Math.Max(largest, 10 * least), Headroom * Math.Max(relative, least), Headroom * Math.Max(bias, least));
    }

    private static TensorDifference Measure(string name, float[] before, float[] claimed, float[] replayed)
    {
        (double largest, double square, double update, double product) = (0, 0, 0, 0);
        for (int i = 0; i < replayed.Length; i++)
        {
            double d = (double)claimed[i] - replayed[i];
            double u = (double)replayed[i] - before[i];
            largest = Math.Max(largest, Math.Abs(d));
            (square, update, product) = (square + (d * d), update + (u * u), product + (d * u));
        }

        double norm = Math.Max(Math.Sqrt(update), LeastUpdate);
        return new TensorDifference(name, largest / (norm / Math.Sqrt(Math.Max(1, replayed.Length))), Math.Sqrt(square) / norm, product / (norm * norm));
    }
}
