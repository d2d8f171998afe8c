namespace PoUW.Compute.Tolerance;

/// <summary>A unit of lane T cannot be done or judged here.</summary>
public sealed class ToleranceException(string message) : ComputeException(message);
