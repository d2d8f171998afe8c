using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>The largest element of each window; the first of equals gets the gradient, as in PyTorch.</summary>
internal sealed class MaxPool2dOperation(GraphValue input, Extent2d kernelSize, Extent2d stride, Extent2d padding)
    : PoolOperation("MaxPool2d", input, kernelSize, stride, padding)
{
    private const string Winners = "winners";

    public override void Forward(FloatLowering lowering)
    {
        BufferId winners = lowering.Plan.Scratch(TensorType.Int32, Output.Rows, Output.Columns);
        lowering.Plan.Tensor(PoolingOps.MaxPool, [lowering.Declare(Output), winners, lowering.Of(Input)], Geometry);
        lowering.Keep(this, Winners, winners);
    }

    public override void Backward(FloatLowering lowering) => lowering.AddGradient(
        Input,
        dx => lowering.Plan.Tensor(PoolingOps.MaxPoolGradient, [dx, lowering.Gradient(Output), lowering.Kept(this, Winners)], Geometry));

    public override void Forward(IntegerLowering lowering)
    {
        BufferId winners = lowering.Plan.Scratch(TensorType.Int32, Output.Rows, Output.Columns);
        BufferId largest = lowering.Declare(Output, lowering.Exponent(Input));
        lowering.Plan.Tensor(PoolingOps.MaxPoolInt8, [largest, winners, lowering.Of(Input)], Geometry);
        lowering.Keep(this, Winners, winners);
    }

    // A pixel is in at most 255 * 255 windows, so its sum of errors is far below 2^31.
    public override void Backward(IntegerLowering lowering) => lowering.AddGradient(
        Input,
        sum => lowering.Plan.Tensor(PoolingOps.MaxPoolGradientInt8, [sum, lowering.Gradient(Output), lowering.Kept(this, Winners)], Geometry));
}
