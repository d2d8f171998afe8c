namespace PoUW.Compute.Optimisers;

/// <summary>torch.optim.AdamW: weights decay by learning rate * weight decay in every step. amsgrad and maximize are not there.</summary>
/// <param name="LearningRate">PyTorch's lr.</param>
public sealed record AdamW(float LearningRate = 1e-3f) : AdamOptimiser(LearningRate)
{
    /// <inheritdoc/>
    public override float WeightDecay { get; init; } = 1e-2f;

    /// <inheritdoc/>
    private protected override bool IsDecoupled => true;
}
