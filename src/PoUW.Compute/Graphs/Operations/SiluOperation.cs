using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>x * sigmoid(x), with the gradient sigmoid(x) + x * sigmoid(x) * (1 - sigmoid(x)).</summary>
internal sealed class SiluOperation : GraphOperation
{
    private const string Sigmoid = "sigmoid";

    public SiluOperation(GraphValue input)
        : base("SiLU", [input])
    {
        RequireReal(input);
        Produces(input.Shape, features: input.Features);
    }

    public override void Forward(FloatLowering lowering)
    {
        BufferId x = lowering.Of(Input);
        BufferId sigmoid = lowering.Plan.Like(x);
        lowering.Plan.Tensor(FloatElementwiseOps.Sigmoid, [sigmoid, x]);
        lowering.Plan.Tensor(FloatElementwiseOps.Multiply, [lowering.Declare(Output), x, sigmoid]);
        lowering.Keep(this, Sigmoid, sigmoid);
    }

    public override void Backward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        (BufferId x, BufferId dy, BufferId sigmoid) = (lowering.Of(Input), lowering.Gradient(Output), lowering.Kept(this, Sigmoid));
        lowering.AddGradient(Input, dx =>
        {
            (BufferId curve, BufferId plain) = (plan.Like(dy), plan.Like(dy));
            plan.Tensor(FloatElementwiseOps.SigmoidGradient, [curve, dy, sigmoid]);
            plan.Tensor(FloatElementwiseOps.Multiply, [plain, dy, sigmoid]);
            plan.Tensor(FloatElementwiseOps.Fma, [dx, curve, x, plain]);
        });
    }
}
