namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>
/// Adds up the bias of a worker's audited units: each may be within the bounds while all lean the same way, which moves a model further than honest noise
/// does. When the sum leaves its bound, the next unit must start from the auditor's state and the sum starts anew. Not thread-safe.
/// </summary>
public sealed class DriftWatch(ToleranceBounds bounds)
{
    /// <summary>The sum since the last start.</summary>
    public double Sum { get; private set; }

    /// <summary>Adds an audited unit.</summary>
    /// <returns>True if the units lean too far.</returns>
    public bool Add(ToleranceVerdict verdict)
    {
        Sum += verdict.Bias;
        if (Math.Abs(Sum) <= bounds.Drift)
        {
            return false;
        }

        Sum = 0;
        return true;
    }
}
