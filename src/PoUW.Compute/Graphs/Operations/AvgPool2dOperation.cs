using PoUW.Compute.Lowering;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>The sum of each window over the size of the window; padding counts as zeros (count_include_pad of PyTorch).</summary>
internal sealed class AvgPool2dOperation(GraphValue input, Extent2d kernelSize, Extent2d stride, Extent2d padding)
    : PoolOperation("AvgPool2d", input, kernelSize, stride, padding)
{
    public override void Forward(FloatLowering lowering) =>
        lowering.Plan.Tensor(PoolingOps.AveragePool, [lowering.Declare(Output), lowering.Of(Input)], Geometry);

    public override void Backward(FloatLowering lowering) => lowering.AddGradient(
        Input, dx => lowering.Plan.Tensor(PoolingOps.AveragePoolGradient, [dx, lowering.Gradient(Output)], Geometry));
}
