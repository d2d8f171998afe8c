using PoUW.Compute.StateDicts;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// Adds up what the audited units of a worker differ by, as vectors: each may be within the bounds while all push one way, along the updates or across
/// them, which moves a model further than honest noise does. When the sum of a tensor leaves the bound of one unit, the
/// worker leans, and the sums start anew. Keeps 8 bytes an element. Not thread-safe.
/// </summary>
public sealed class DriftWatch(ToleranceBounds bounds)
{
    private readonly Dictionary<string, double[]> _sums = [];

    /// <summary>Adds a unit that the audit accepted.</summary>
    /// <param name="before">The state that both started from.</param>
    /// <param name="claimed">The worker's.</param>
    /// <param name="replayed">The auditor's.</param>
    /// <returns>True if the units lean too far.</returns>
    /// <exception cref="ToleranceException">The states do not belong together or to the units before, have numbers that are not finite, or the bounds lack a tensor; nothing is added.</exception>
    public bool Add(StateDict before, StateDict claimed, StateDict replayed)
    {
        Require(before, claimed, replayed);
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

    private void Require(StateDict before, StateDict claimed, StateDict replayed)
    {
        ToleranceState.Require(before, replayed);
        ToleranceState.Require(claimed, replayed);
        ToleranceState.RequireFinite(replayed);
        foreach ((string name, StateTensor tensor) in replayed.Where(static item => item.Value.Type == StateTensorType.Float32))
        {
            ToleranceAudit.BoundOf(bounds, name);
            if (_sums.TryGetValue(name, out double[]? sum) && sum.Length != tensor.Length)
            {
                throw new ToleranceException($"'{name}' has another size than before.");
            }
        }
    }

    private bool IsWithin(string name, float[] before, float[] claimed, float[] replayed)
    {
        TensorBound bound = ToleranceAudit.BoundOf(bounds, name);
        double[] sum = _sums.TryGetValue(name, out double[]? last) ? last : _sums[name] = new double[replayed.Length];
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
