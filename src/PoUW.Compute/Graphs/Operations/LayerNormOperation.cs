using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>Layer norm over the last dimension.</summary>
internal sealed class LayerNormOperation : GraphOperation
{
    private const string Mean = "mean";
    private const string ReciprocalDeviation = "rstd";

    private readonly Parameter? _weight;
    private readonly Parameter? _bias;
    private readonly float _epsilon;

    public LayerNormOperation(GraphValue input, int features, Parameter? weight, Parameter? bias, float epsilon)
        : base("LayerNorm", [input], [.. new[] { weight, bias }.OfType<Parameter>()])
    {
        RequireReal(input, 2, 3);
        if (input.Shape[^1] != features)
        {
            throw Fail($"the input {input} has {input.Shape[^1]} features; the norm takes {features}.");
        }

        if (input.Features is not null)
        {
            throw Fail("the input is a flattened image, whose features lie in another order than PyTorch's; put a Linear between.");
        }

        if (weight is null && bias is not null)
        {
            throw Fail("a bias needs a weight, as in PyTorch's module.");
        }

        (_weight, _bias, _epsilon) = (weight, bias, epsilon);
        foreach (Parameter parameter in Parameters)
        {
            input.Graph.Use(parameter, new SameLayout(1, features));
        }

        Produces(input.Shape);
    }

    public override void Forward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        BufferId mean = plan.Scratch(TensorType.Float32, Input.Rows, 1);
        BufferId deviation = plan.Like(mean);
        BufferId beta = _bias is null ? plan.FloatConstant(0, Input.Columns) : lowering.Parameter(_bias);
        plan.Tensor(
            FloatNormOps.LayerNorm, [lowering.Declare(Output), mean, deviation, lowering.Of(Input), Gamma(lowering), beta],
            [BitConverter.SingleToInt32Bits(_epsilon)]);
        lowering.Keep(this, Mean, mean);
        lowering.Keep(this, ReciprocalDeviation, deviation);
    }

    public override void Backward(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        (BufferId mean, BufferId deviation) = (lowering.Kept(this, Mean), lowering.Kept(this, ReciprocalDeviation));
        (BufferId x, BufferId dy) = (lowering.Of(Input), lowering.Gradient(Output));
        lowering.AddGradient(Input, dx => plan.Tensor(FloatNormOps.LayerNormGradient, [dx, dy, x, mean, deviation, Gamma(lowering)]));
        if (_weight is null)
        {
            return;
        }

        BufferId dbeta = plan.Scratch(TensorType.Float32, 1, Input.Columns);
        lowering.AddGradient(_weight, dgamma => plan.Tensor(FloatNormOps.LayerNormParametersGradient, [dgamma, dbeta, dy, x, mean, deviation]));
        if (_bias is not null)
        {
            lowering.PassGradient(_bias, dbeta);
        }
    }

    private BufferId Gamma(FloatLowering lowering) => _weight is null ? lowering.Plan.FloatConstant(1, Input.Columns) : lowering.Parameter(_weight);
}
