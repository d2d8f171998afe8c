namespace PoUW.Compute.TorchSharp.Tolerance;

/// <summary>What an auditor found.</summary>
/// <param name="Accepted">True if the claim is within the bounds.</param>
/// <param name="Reason">What is wrong; empty if nothing is.</param>
/// <param name="Differences">The tensors; empty if they could not be compared.</param>
public sealed record ToleranceVerdict(bool Accepted, string Reason, IReadOnlyList<TensorDifference> Differences)
{
    /// <summary>The bias of the unit: that of the tensor that has the largest.</summary>
    public double Bias => Differences.Count == 0 ? 0 : Differences.MaxBy(static difference => Math.Abs(difference.Bias))!.Bias;
}
