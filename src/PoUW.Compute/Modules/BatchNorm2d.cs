namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.BatchNorm2d of images (batch, channels, height, width), with running statistics. State: weight and bias (numFeatures) if affine,
/// running_mean and running_var (numFeatures), num_batches_tracked. A training step uses the batch, evaluation and prediction the running
/// statistics. Lane R.
/// </summary>
/// <param name="numFeatures">Channels, at least 1.</param>
/// <param name="eps">Added to variances, above 0.</param>
/// <param name="momentum">Weight of a batch in the running statistics, 0 to 1.</param>
/// <param name="affine">False for neither weight nor bias.</param>
public sealed class BatchNorm2d(int numFeatures, float eps = 1e-5f, float momentum = 0.1f, bool affine = true)
    : BatchNorm(numFeatures, eps, momentum, affine, rank: 4);
