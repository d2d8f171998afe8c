using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// The largest element of each window; the first of equals gets the gradient, as in PyTorch. A ReLU in front of it, and the bias of a
/// convolution in front of that, are written behind it: neither changes the order of two numbers, so the results are the same bits, and there are
/// as many times fewer elements as a window has. Only a tie that the rounding of the bias makes may give the gradient to another element.
/// </summary>
internal sealed class MaxPool2dOperation(GraphValue input, Extent2d kernelSize, Extent2d stride, Extent2d padding)
    : PoolOperation("MaxPool2d", input, kernelSize, stride, padding)
{
    private const string Winners = "winners";

    private ReluOperation? Relu => Input is { Producer: ReluOperation relu } && Input.SoleUser == this ? relu : null;

    /// <summary>What is pooled.</summary>
    private GraphValue Source => Relu?.Input ?? Input;

    private Parameter? Bias => (Source.Producer as Conv2dOperation)?.PooledBias;

    public override void Forward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        BufferId winners = plan.Scratch(TensorType.Int32, Output.Rows, Output.Columns);
        lowering.Keep(this, Winners, winners);
        BufferId y = plan.Scratch(TensorType.Float32, Output.Rows, Output.Columns);
        plan.Tensor(PoolingOps.MaxPool, [y, winners, lowering.Of(Source)], Geometry);
        if (Bias is { } bias)
        {
            BufferId sum = plan.Like(y);
            plan.Tensor(FloatElementwiseOps.Add, [sum, y, lowering.Parameter(bias)]);
            y = sum;
        }

        if (Relu is not null)
        {
            BufferId result = plan.Like(y);
            plan.Tensor(FloatElementwiseOps.Relu, [result, y]);
            y = result;
        }

        lowering.Bind(Output, y);
    }

    public override void Backward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        BufferId gradient = lowering.Gradient(Output);
        if (Relu is not null)
        {
            BufferId gated = plan.Like(gradient);
            plan.Tensor(FloatElementwiseOps.ReluGradient, [gated, gradient, lowering.Of(Output)]);
            gradient = gated;
        }

        if (Bias is { } bias)
        {
            lowering.AddGradient(bias, db => plan.Tensor(FloatReductionOps.SumRows, [db, gradient]));
        }

        lowering.AddGradient(
            Source, dx => plan.Tensor(PoolingOps.MaxPoolGradient, [dx, gradient, lowering.Kept(this, Winners)], Geometry));
    }

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
