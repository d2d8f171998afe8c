namespace PoUW.Compute.Modules;

/// <summary>The running statistics of a batch norm: the buffers of the module, and how they move. Immutable.</summary>
/// <param name="RunningMean">Mean of each channel, starts at 0.</param>
/// <param name="RunningVariance">Variance of each channel, starts at 1; of n values with the divisor n - 1.</param>
/// <param name="BatchesTracked">Counts training steps.</param>
/// <param name="Momentum">Weight of a batch in the running statistics.</param>
/// <param name="Epsilon">Added to variances, above 0.</param>
public sealed record BatchNormStatistics(StateBuffer RunningMean, StateBuffer RunningVariance, StateBuffer BatchesTracked, float Momentum, float Epsilon);
