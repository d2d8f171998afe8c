using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>x above 0, slope * x elsewhere; built from the operations of ReLU so that both branches are exact.</summary>
internal sealed class LeakyReluOperation : GraphOperation
{
    private readonly float _slope;

    public LeakyReluOperation(GraphValue input, float slope)
        : base("LeakyReLU", [input])
    {
        RequireReal(input);
        _slope = float.IsFinite(slope) ? slope : throw Fail($"the slope is a finite number, not {slope}.");
        Produces(input.Shape, features: input.Features);
    }

    public override void Forward(FloatLowering lowering)
    {
        BufferId x = lowering.Of(Input);
        BufferId positive = lowering.Plan.Like(x);
        lowering.Plan.Tensor(FloatElementwiseOps.Relu, [positive, x]);
        AddSloped(lowering.Plan, lowering.Declare(Output), x, positive);
    }

    public override void Backward(FloatLowering lowering)
    {
        (BufferId x, BufferId dy) = (lowering.Of(Input), lowering.Gradient(Output));
        lowering.AddGradient(Input, dx =>
        {
            BufferId positive = lowering.Plan.Like(dy);
            lowering.Plan.Tensor(FloatElementwiseOps.ReluGradient, [positive, dy, x]);
            AddSloped(lowering.Plan, dx, dy, positive);
        });
    }

    /// <summary>Target = positive + slope * (all - positive); the difference is 0 or the element itself.</summary>
    private void AddSloped(PlanWriter plan, BufferId target, BufferId all, BufferId positive)
    {
        BufferId rest = plan.Like(all);
        plan.Tensor(FloatElementwiseOps.Subtract, [rest, all, positive]);
        plan.Tensor(FloatElementwiseOps.Fma, [target, rest, plan.FloatConstant(_slope), positive]);
    }
}
