using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>
/// torch.nn.AdaptiveAvgPool2d for output sizes that divide the images; 1 is the global average in front of a classifier. Lanes I and R.
/// </summary>
/// <param name="outputSize">Size of the output: a number or (height, width).</param>
public sealed class AdaptiveAvgPool2d(Extent2d outputSize) : Module
{
    /// <summary>Size of the output.</summary>
    public Extent2d OutputSize { get; } = outputSize;

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.AdaptiveAvgPool2d(input, OutputSize);
}
