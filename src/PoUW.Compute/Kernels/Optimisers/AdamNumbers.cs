namespace PoUW.Compute.Kernels.Optimisers;

/// <summary>The numbers of a step of Adam that all weights share, each computed as in the definition.</summary>
internal readonly record struct AdamNumbers(
    float Beta1, float Beta2, float Eps, float Decay, float RateDecay, float Step, float Root)
{
    /// <summary>The factor of the new gradient in the first moment.</summary>
    public float Rest1 { get; } = 1 - Beta1;

    /// <summary>The factor of the new square in the second moment.</summary>
    public float Rest2 { get; } = 1 - Beta2;
}
