namespace PoUW.Compute.Tolerance;

/// <summary>What an auditor found.</summary>
/// <param name="Accepted">True if the claim is within the bounds.</param>
/// <param name="Reason">What is wrong; empty if nothing is.</param>
/// <param name="Differences">The tensors; empty if they could not be compared.</param>
public sealed record ToleranceVerdict(bool Accepted, string Reason, IReadOnlyList<TensorDifference> Differences);
