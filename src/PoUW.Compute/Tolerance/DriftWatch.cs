using PoUW.Compute.StateDicts;

namespace PoUW.Compute.Tolerance;

/// <summary>
/// Adds up what the audited units of a worker differ by, as vectors: each may be within the bounds while all push one way, along the updates or across
/// them. When the sum of a tensor over n units is beyond (sqrt(n) + n / 8) of the bound of one, the worker leans, and the sums start anew: noise grows with
/// sqrt(n), a steady difference of two devices with n, and that is an eighth of bounds that were measured with both (<see cref="ToleranceAudit.Calibrate"/>).
/// So pushes of the whole bound are seen after 2 units, of half of it after 8, of up to an eighth never; and a device of a kind that was not measured may
/// lean though its worker is honest. A hint for people, no evidence. Keeps 8 bytes an element. Not thread-safe.
/// </summary>
/// <param name="bounds">The job's bounds.</param>
/// <param name="maxBytes">States whose sums need more memory are checked but not watched: nobody leans.</param>
public sealed class DriftWatch(ToleranceBounds bounds, long maxBytes = DriftWatch.DefaultMaxBytes)
{
    /// <summary>Memory of the sums of one worker unless told otherwise: 32 MiB, thus states of four million numbers.</summary>
    public const long DefaultMaxBytes = 1 << 25;

    // What measured bounds have over the differences that were seen.
    private const double Steady = 1 / ToleranceAudit.Headroom;

    private readonly Dictionary<string, double[]> _sums = [];
    private int _units;

    /// <summary>Adds a unit that the audit accepted.</summary>
    /// <param name="before">The state that both started from.</param>
    /// <param name="claimed">The worker's.</param>
    /// <param name="replayed">The auditor's.</param>
    /// <returns>True if the units lean too far.</returns>
    /// <exception cref="ToleranceException">The states do not belong together or to the units before, have numbers that are not finite, or the bounds lack a tensor; nothing is added.</exception>
    public bool Add(StateDict before, StateDict claimed, StateDict replayed)
    {
        Require(before, claimed, replayed);
        string[] names = [.. replayed.Names.Where(name => replayed[name].Type == StateTensorType.Float32)];
        if (names.Sum(name => replayed[name].Length) > maxBytes / sizeof(double))
        {
            return false;
        }

        _units++;
        double share = Math.Sqrt(_units) + (Steady * _units);
        bool far = false;
        foreach (string name in names)
        {
            far |= !IsWithin(name, before[name].ToFloat32(), claimed[name].ToFloat32(), replayed[name].ToFloat32(), share);
        }

        if (far)
        {
            _sums.Clear();
            _units = 0;
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

    private bool IsWithin(string name, float[] before, float[] claimed, float[] replayed, double share)
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

        return bound.Noise is { } noise ? largest <= share * noise : Math.Sqrt(square) <= share * bound.Relative;
    }
}
