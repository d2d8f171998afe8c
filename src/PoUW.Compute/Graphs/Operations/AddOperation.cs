using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>The sum of two values of one shape.</summary>
internal sealed class AddOperation : GraphOperation
{
    public AddOperation(GraphValue left, GraphValue right)
        : base("Add", [left, right])
    {
        RequireReal(left);
        RequireReal(right);
        if (!left.Shape.SequenceEqual(right.Shape) || left.Features != right.Features)
        {
            throw Fail($"the shapes {left} and {right} differ.");
        }

        Produces(left.Shape, features: left.Features);
    }

    public override void Forward(FloatLowering lowering) =>
        lowering.Plan.Tensor(FloatElementwiseOps.Add, [lowering.Declare(Output), lowering.Of(Inputs[0]), lowering.Of(Inputs[1])]);

    public override void Backward(FloatLowering lowering)
    {
        BufferId dy = lowering.Gradient(Output);
        lowering.PassGradient(Inputs[0], dy);
        lowering.PassGradient(Inputs[1], dy);
    }
}
