using PoUW.Compute.Graphs;

namespace PoUW.Compute.Modules;

/// <summary>torch.nn.AvgPool2d without ceil_mode: the mean of each window; padding counts as zeros (count_include_pad is true). Lanes I and R.</summary>
/// <param name="kernelSize">Size of the windows: a number or (height, width), 1 to 255.</param>
/// <param name="stride">Pixels between windows; the kernel's size if it is null.</param>
/// <param name="padding">Pixels around the image, at most half of the kernel.</param>
public sealed class AvgPool2d(Extent2d kernelSize, Extent2d? stride = null, Extent2d padding = default) : Module
{
    /// <summary>Size of the windows.</summary>
    public Extent2d KernelSize { get; } = kernelSize;

    /// <summary>Pixels between windows.</summary>
    public Extent2d Stride { get; } = stride ?? kernelSize;

    /// <summary>Pixels around the image.</summary>
    public Extent2d Padding { get; } = padding;

    /// <inheritdoc/>
    protected override GraphValue Forward(GraphValue input) => Functional.AvgPool2d(input, KernelSize, Stride, Padding);
}
