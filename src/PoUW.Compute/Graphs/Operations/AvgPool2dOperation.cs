using System.Numerics;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// The sum of each window over the size of the window; padding counts as zeros (count_include_pad of PyTorch). Lane I divides by the
/// largest power of two that is not above the size, through the exponent: windows of 4 or 16 are exact before rounding, others stay too
/// large by one factor below 2 for the whole layer.
/// </summary>
internal sealed class AvgPool2dOperation(GraphValue input, Extent2d kernelSize, Extent2d stride, Extent2d padding)
    : PoolOperation("AvgPool2d", input, kernelSize, stride, padding)
{
    /// <summary>Windows without overlap that give an output of a size.</summary>
    /// <exception cref="ModelException">The size does not divide the image's.</exception>
    public static AvgPool2dOperation Adaptive(GraphValue input, Extent2d outputSize)
    {
        bool divides = input.Rank == 4 && outputSize.Height > 0 && outputSize.Width > 0
            && input.Shape[2] % outputSize.Height == 0 && input.Shape[3] % outputSize.Width == 0;
        if (!divides)
        {
            throw new ModelException($"AdaptiveAvgPool2d: an output of {outputSize} does not divide the images of the input {input}.", input.Graph.Scope);
        }

        Extent2d windows = new(input.Shape[2] / outputSize.Height, input.Shape[3] / outputSize.Width);
        return new AvgPool2dOperation(input, windows, windows, 0);
    }

    public override void Forward(FloatLowering lowering) =>
        lowering.Plan.Tensor(PoolingOps.AveragePool, [lowering.Declare(Output), lowering.Of(Input)], Geometry);

    public override void Backward(FloatLowering lowering) => lowering.AddGradient(
        Input, dx => lowering.Plan.Tensor(PoolingOps.AveragePoolGradient, [dx, lowering.Gradient(Output)], Geometry));

    public override void Forward(IntegerLowering lowering)
    {
        BufferId sum = lowering.Plan.Scratch(TensorType.Int32, Output.Rows, Output.Columns);
        lowering.Plan.Tensor(PoolingOps.SumPoolInt8, [sum, lowering.Of(Input)], Geometry);
        lowering.Requantise(this, sum, lowering.Exponent(Input), -BitOperations.Log2((uint)Windows.Taps));
    }

    public override void Backward(IntegerLowering lowering) => lowering.AddGradient(
        Input, sum => lowering.Plan.Tensor(PoolingOps.SumPoolGradientInt8, [sum, lowering.Gradient(Output)], Geometry));
}
