using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// y = x W^T + b. Its products are MATMULs, so in lane I tickets may be drawn from all three. The weights lie inputs x outputs; where
/// they are shared with an Embedding (lane R only) they lie outputs x inputs, and the products transpose the other operand.
/// </summary>
internal sealed class LinearOperation : GraphOperation
{
    private const string Weight8 = "weight8";

    private readonly Parameter _weight;
    private readonly Parameter? _bias;

    public LinearOperation(GraphValue input, Parameter weight, Parameter? bias)
        : base("Linear", [input], bias is null ? [weight] : [weight, bias])
    {
        RequireReal(input, 2, 3);
        (_weight, _bias) = (weight, bias);
        RequireRank(weight, 2);
        (int outputs, int inputs) = (weight.Shape[0], weight.Shape[1]);
        if (input.Shape[^1] != inputs)
        {
            throw Fail($"the input {input} has {input.Shape[^1]} features; the weights take {inputs}.");
        }

        LinearLayout own = new(inputs, outputs, input.Features);
        input.Graph.Use(weight, input.Features is null ? [own, new SameLayout(outputs, inputs)] : [own]);
        if (bias is not null)
        {
            input.Graph.Use(bias, new SameLayout(1, outputs));
        }

        Produces([.. input.Shape.SkipLast(1), outputs]);
    }

    private bool HasOutputRows => Input.Graph.LayoutOf(_weight) is SameLayout;

    public override void Forward(FloatLowering lowering)
    {
        BufferId y = lowering.Declare(Output);
        BufferId product = _bias is null ? y : lowering.Plan.Like(y);
        lowering.Plan.Product(product, lowering.Of(Input), lowering.Parameter(_weight), transposeB: HasOutputRows);
        if (_bias is null)
        {
            return;
        }

        lowering.Plan.Tensor(FloatElementwiseOps.Add, [y, product, lowering.Parameter(_bias)]);
    }

    public override void Backward(FloatLowering lowering)
    {
        BufferId dy = lowering.Gradient(Output);
        BufferId x = lowering.Of(Input);
        lowering.AddGradient(Input, dx => lowering.Plan.Product(dx, dy, lowering.Parameter(_weight), transposeB: !HasOutputRows));
        (BufferId rows, BufferId columns) = HasOutputRows ? (dy, x) : (x, dy);
        lowering.AddGradient(_weight, dw => lowering.Plan.Product(dw, rows, columns, transposeA: true));
        if (_bias is not null)
        {
            lowering.AddGradient(_bias, db => lowering.Plan.Tensor(FloatReductionOps.SumRows, [db, dy]));
        }
    }

    public override void Forward(IntegerLowering lowering)
    {
        IntegerLowering.RequireSum(this, "an output", Input.Columns, IntegerLowering.MaxProducts, "take fewer inputs");
        if (lowering.Training)
        {
            // A gradient of the weights sums over a batch, which is at most 2^16.
            IntegerLowering.RequireSum(this, "an error of the input", Output.Columns, IntegerLowering.MaxProducts, "take fewer outputs");
        }

        BufferId weight = lowering.Operand(_weight);
        lowering.Keep(this, Weight8, weight);
        BufferId sum = lowering.Plan.Scratch(TensorType.Int32, Output.Rows, Output.Columns);
        lowering.Plan.Product(sum, lowering.Of(Input), weight, tileWork: true);
        lowering.Requantise(this, _weight, sum, _bias);
    }

    public override void Backward(IntegerLowering lowering)
    {
        BufferId error = lowering.Gradient(Output);
        BufferId x = lowering.Of(Input);
        lowering.AddGradient(_weight, sum => lowering.Plan.Product(sum, x, error, transposeA: true, tileWork: true));
        lowering.AddGradient(
            Input, sum => lowering.Plan.Product(sum, error, lowering.Kept(this, Weight8), transposeB: true, tileWork: true));
        if (_bias is not null)
        {
            lowering.AddGradient(_bias, sum => lowering.Plan.Tensor(IntegerOps.SumRows, [sum, error]));
        }
    }
}
