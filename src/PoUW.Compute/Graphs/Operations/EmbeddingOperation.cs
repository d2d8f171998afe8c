using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Integer;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// The row of a table for every index. Backwards the gradients of equal indices are added in the order of the positions. An index
/// outside the table stops the program (ElementOutOfRange).
/// </summary>
internal sealed class EmbeddingOperation : GraphOperation
{
    private const string Indices = "indices";

    private readonly Parameter _weight;

    public EmbeddingOperation(GraphValue input, Parameter weight)
        : base("Embedding", [input], weight)
    {
        if (input.Kind != ElementKind.Index)
        {
            throw Fail($"the input {input} holds numbers; an Embedding takes indices, such as those of a TokenInput.");
        }

        _weight = weight;
        RequireRank(weight, 2);
        input.Graph.Use(weight, new SameLayout(weight.Shape[0], weight.Shape[1]));
        Produces([.. input.Shape, weight.Shape[1]]);
    }

    public override void Forward(FloatLowering lowering)
    {
        BufferId indices = lowering.Reshape(lowering.Of(Input), Output.Rows, 1);
        lowering.Keep(this, Indices, indices);
        lowering.Plan.Tensor(IntegerOps.GatherRows, [lowering.Declare(Output), lowering.Parameter(_weight), indices]);
    }

    public override void Backward(FloatLowering lowering) => lowering.AddGradient(_weight, dw =>
    {
        lowering.Plan.Tensor(DataOps.Fill, [dw], [0]);
        lowering.Plan.Tensor(DataOps.ScatterAddRows, [dw, lowering.Gradient(Output), lowering.Kept(this, Indices)]);
    });
}
