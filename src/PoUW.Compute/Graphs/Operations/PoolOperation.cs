using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>What the poolings have in common: windows on images, a channel at a time.</summary>
internal abstract class PoolOperation : GraphOperation
{
    protected PoolOperation(string name, GraphValue input, Extent2d kernelSize, Extent2d stride, Extent2d padding)
        : base(name, [input])
    {
        RequireReal(input, 4);
        if (2 * (long)padding.Height > kernelSize.Height || 2 * (long)padding.Width > kernelSize.Width)
        {
            throw Fail($"a padding of {padding} is more than half of the windows of {kernelSize}.");
        }

        PoolingGeometry windows = WindowsOf(input, kernelSize, stride, padding);
        if (windows.Problem() is { } problem)
        {
            throw Fail($"the input {input} does not fit: {problem}.");
        }

        (Windows, Geometry) = (windows, windows.ToImmediates());
        Produces([input.Batch, input.Shape[1], windows.OutputHeight, windows.OutputWidth]);
    }

    /// <summary>Where the windows lie.</summary>
    protected PoolingGeometry Windows { get; }

    /// <summary>The immediates of <see cref="Windows"/>.</summary>
    protected int[] Geometry { get; }
}
