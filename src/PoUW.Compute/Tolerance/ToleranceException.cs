namespace PoUW.Compute.Tolerance;

/// <summary>A unit of lane T cannot be done or judged here.</summary>
public sealed class ToleranceException(string message) : ComputeException(message)
{
    /// <summary>True if it is for want of memory or a failure of the device: another try may do.</summary>
    public bool IsPassing { get; init; }
}
