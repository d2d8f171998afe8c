namespace PoUW.Compute.Optimisers;

/// <summary>torch.optim.Adam; its weight decay is L2, a part of the gradient. amsgrad and maximize are not there.</summary>
/// <param name="LearningRate">PyTorch's lr.</param>
public sealed record Adam(float LearningRate = 1e-3f) : AdamOptimiser(LearningRate)
{
    /// <inheritdoc/>
    public override float WeightDecay { get; init; }

    /// <inheritdoc/>
    private protected override bool IsDecoupled => false;
}
