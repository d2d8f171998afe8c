namespace PoUW.Benchmarks.Compute;

/// <summary>Own convolution under test on one thread. Both actions work on the shape of the case that they were made for.</summary>
/// <param name="Forward">The forward pass with bias.</param>
/// <param name="Backward">Gradients of input, weight and bias.</param>
public sealed record ConvolutionKernels(Action Forward, Action Backward);
