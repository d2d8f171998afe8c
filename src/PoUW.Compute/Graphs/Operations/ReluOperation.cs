using PoUW.Compute.Lowering;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>max(x, 0).</summary>
internal sealed class ReluOperation : GraphOperation
{
    public ReluOperation(GraphValue input)
        : base("ReLU", [input])
    {
        RequireReal(input);
        Produces(input.Shape, features: input.Features);
    }

    public override void Forward(FloatLowering lowering)
    {
        if (Output.SoleUser is MaxPool2dOperation)
        {
            return; // The pooling does it afterwards, on fewer elements; nobody else asks for the value.
        }

        lowering.Plan.Tensor(FloatElementwiseOps.Relu, [lowering.Declare(Output), lowering.Of(Input)]);
    }

    // The gate is the result, so that the argument need not be kept.
    public override void Backward(FloatLowering lowering) => lowering.AddGradient(
        Input, dx => lowering.Plan.Tensor(FloatElementwiseOps.ReluGradient, [dx, lowering.Gradient(Output), lowering.Of(Output)]));

    public override void Forward(IntegerLowering lowering)
    {
        lowering.Plan.Tensor(IntegerOps.Relu, [lowering.Declare(Output, lowering.Exponent(Input)), lowering.Of(Input)]);
    }

    public override void Backward(IntegerLowering lowering) => lowering.AddError(
        Input, error => lowering.Plan.Tensor(IntegerOps.ReluGradient, [error, lowering.Gradient(Output), lowering.Of(Output)]));
}
