using PoUW.Compute.StateDicts;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// Adds up what the audited units of a worker differ by, as vectors: each may be within the bounds while all push one way, along the updates or across
/// them, which moves a model further than honest noise does. When the sum of a tensor leaves the bound of one unit, the next unit must start from the
/// auditor's state and the sums start anew. Keeps 8 bytes an element. Not thread-safe.
/// </summary>
public sealed class DriftWatch(ToleranceBounds bounds)
{
    private readonly Dictionary<string, double[]> _sums = [];

    /// <summary>Adds a unit that the audit accepted.</summary>
    /// <param name="before">The state that both started from.</param>
    /// <param name="claimed">The worker's.</param>
    /// <param name="replayed">The auditor's.</param>
    /// <returns>True if the units lean too far.</returns>
    /// <exception cref="ArgumentException">The bounds lack a tensor, or a tensor has another size than before.</exception>
    public bool Add(StateDict before, StateDict claimed, StateDict replayed)
    {
        bool far = false;
        foreach (string name in replayed.Names.Where(name => replayed[name].Type == StateTensorType.Float32))
        {
            far |= !IsWithin(name, before[name].ToFloat32(), claimed[name].ToFloat32(), replayed[name].ToFloat32());
        }

        if (far)
        {
            _sums.Clear();
        }

        return far;
    }

    private bool IsWithin(string name, float[] before, float[] claimed, float[] replayed)
    {
        TensorBound bound = ToleranceAudit.BoundOf(bounds, name);
        double[] sum = _sums.TryGetValue(name, out double[]? last) ? last : _sums[name] = new double[replayed.Length];
        if (sum.Length != replayed.Length || claimed.Length != replayed.Length || before.Length != replayed.Length)
        {
            throw new ArgumentException($"'{name}' has another size than before.", nameof(replayed));
        }

        double unit = bound.Noise is null ? ToleranceAudit.UpdateNorm(before, replayed) : 1;
        (double largest, double square) = (0, 0);
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += ((double)claimed[i] - replayed[i]) / unit;
            largest = Math.Max(largest, Math.Abs(sum[i]));
            square += sum[i] * sum[i];
        }

        return bound.Noise is { } noise ? largest <= noise : Math.Sqrt(square) <= bound.Relative;
    }
}
