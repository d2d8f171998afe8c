using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>While training, drops elements at random and scales the others up; else the input itself.</summary>
internal sealed class DropoutOperation : GraphOperation
{
    // A word of 24 bits decides about an element.
    private const int Certain = 1 << 24;
    private const string Mask = "mask";

    private readonly int _threshold;
    private readonly float _scale;

    public DropoutOperation(GraphValue input, float p)
        : base("Dropout", [input])
    {
        RequireReal(input);
        if (!(p >= 0 && p <= 1))
        {
            throw Fail($"p is 0 to 1, not {p}.");
        }

        _threshold = (int)Math.Round((double)p * Certain);
        _scale = p < 1 ? (float)(1 / (1 - (double)p)) : 0;
        Produces(input.Shape, features: input.Features);
    }

    public override void Forward(FloatLowering lowering)
    {
        if (!lowering.Training || _threshold == 0)
        {
            lowering.Bind(Output, lowering.Of(Input));
            return;
        }

        PlanWriter plan = lowering.Plan;
        BufferId mask = plan.Like(lowering.Of(Input));
        plan.WithTemporaries(() =>
        {
            (Register key, Register stream) = lowering.MaskStream();
            plan.Tensor(DataOps.DropoutMask, [mask], [_threshold, BitConverter.SingleToInt32Bits(_scale)], key, stream);
        });
        plan.Tensor(FloatElementwiseOps.Multiply, [lowering.Declare(Output), lowering.Of(Input), mask]);
        lowering.Keep(this, Mask, mask);
    }

    public override void Backward(FloatLowering lowering)
    {
        BufferId dy = lowering.Gradient(Output);
        if (_threshold == 0)
        {
            lowering.PassGradient(Input, dy);
            return;
        }

        lowering.AddGradient(Input, dx => lowering.Plan.Tensor(FloatElementwiseOps.Multiply, [dx, dy, lowering.Kept(this, Mask)]));
    }
}
