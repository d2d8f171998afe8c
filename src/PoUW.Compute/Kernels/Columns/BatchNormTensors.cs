namespace PoUW.Compute.Kernels.Columns;

/// <summary>The operands of batch_norm_train_f32.</summary>
internal readonly unsafe struct BatchNormTensors(
    float* y, float* mean, float* rstd, float* runningMean, float* runningVariance, float* x, float* gamma, float* beta)
{
    public float* Y => y;

    public float* Mean => mean;

    public float* Rstd => rstd;

    public float* RunningMean => runningMean;

    public float* RunningVariance => runningVariance;

    public float* X => x;

    public float* Gamma => gamma;

    public float* Beta => beta;
}
