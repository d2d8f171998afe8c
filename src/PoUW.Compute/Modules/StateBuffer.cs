namespace PoUW.Compute.Modules;

/// <summary>A tensor of a module that is part of the state dict but not trained by the optimiser, such as running statistics.</summary>
/// <param name="length">Elements.</param>
/// <param name="start">Value at the start.</param>
/// <param name="isCounter">True for an integer scalar, such as num_batches_tracked; its length is 1.</param>
public sealed class StateBuffer(int length, float start, bool isCounter = false)
{
    /// <summary>Elements.</summary>
    public int Length { get; } = length;

    /// <summary>Value at the start.</summary>
    public float Start { get; } = start;

    /// <summary>True for an integer scalar (I64 of shape () in files).</summary>
    public bool IsCounter { get; } = isCounter;
}
