using PoUW.Compute.Lowering;
using PoUW.Compute.Modules;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// Adds the first rows of a table to the positions of every sequence. A sequence is taken as one row (batch x time * width), so that the
/// table is one row that is broadcast.
/// </summary>
internal sealed class PositionEmbeddingOperation : GraphOperation
{
    private readonly Parameter _weight;

    public PositionEmbeddingOperation(GraphValue input, Parameter weight)
        : base("PositionEmbedding", [input], weight)
    {
        RequireReal(input, 3);
        RequireRank(weight, 2);
        (int positions, int width) = (weight.Shape[0], weight.Shape[1]);
        if (input.Shape[2] != width)
        {
            throw Fail($"the input {input} has {input.Shape[2]} features; the table has {width}.");
        }

        if (input.Shape[1] > positions)
        {
            throw Fail($"the input {input} has {input.Shape[1]} positions; the table has {positions}.");
        }

        _weight = weight;
        input.Graph.Use(weight, new SameLayout(positions, width));
        Produces(input.Shape);
    }

    private int Time => Input.Shape[1];

    private int SequenceLength => Time * Input.Columns;

    public override void Forward(FloatLowering lowering)
    {
        BufferId table = lowering.Reshape(UsedRows(lowering), 1, SequenceLength);
        BufferId x = lowering.Reshape(lowering.Of(Input), Input.Batch, SequenceLength);
        BufferId y = lowering.Plan.Like(x);
        lowering.Plan.Tensor(FloatElementwiseOps.Add, [y, x, table]);
        lowering.Bind(Output, lowering.Reshape(y, Output.Rows, Output.Columns));
    }

    public override void Backward(FloatLowering lowering)
    {
        BufferId dy = lowering.Gradient(Output);
        lowering.PassGradient(Input, dy);
        BufferId sum = lowering.Plan.Scratch(TensorType.Float32, 1, SequenceLength);
        lowering.Plan.Tensor(FloatReductionOps.SumRows, [sum, lowering.Reshape(dy, Input.Batch, SequenceLength)]);
        BufferId rows = lowering.Reshape(sum, Time, Input.Columns);
        if (Time == _weight.Shape[0])
        {
            lowering.PassGradient(_weight, rows);
            return;
        }

        lowering.AddGradient(_weight, dw => lowering.Plan.WithTemporaries(() =>
        {
            lowering.Plan.Tensor(DataOps.Fill, [dw], [0]);
            Register zero = lowering.Plan.Constant(0);
            lowering.Plan.CopyRows(dw, rows, zero, zero, lowering.Plan.Constant(Time));
        }));
    }

    /// <summary>The rows of the table that this length needs.</summary>
    private BufferId UsedRows(FloatLowering lowering)
    {
        PlanWriter plan = lowering.Plan;
        BufferId table = lowering.Parameter(_weight);
        if (Time == _weight.Shape[0])
        {
            return table;
        }

        BufferId positions = plan.Scratch(TensorType.Int32, Time, 1);
        plan.WithTemporaries(() => plan.Tensor(IntegerOps.Sequence, [positions], [], plan.Constant(0), plan.Constant(Time)));
        BufferId used = plan.Scratch(TensorType.Float32, Time, Input.Columns);
        plan.Tensor(IntegerOps.GatherRows, [used, table, positions]);
        return used;
    }
}
