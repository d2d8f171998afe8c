using PoUW.Compute.Graphs;
using PoUW.Compute.Losses;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Compilation;

/// <summary>
/// Windows of tokens. A row of the column holds length + 1 of them: the first <paramref name="Length"/> are the model's input, indices
/// (batch, length); the last <paramref name="Length"/> are what <see cref="CrossEntropyLoss.OfNextToken"/> takes as targets. The input slot is
/// Int32; a column of bytes is widened. Lane R.
/// </summary>
/// <param name="Length">Tokens that the model sees, at least 1.</param>
/// <param name="Column">Name of the column.</param>
public sealed record TokenInput(int Length, string Column = "tokens") : ModelInput(Column)
{
    /// <inheritdoc/>
    internal override IReadOnlyList<int> SampleShape => Length >= 1
        ? [Length]
        : throw new ModelException($"The length of a TokenInput is at least 1, not {Length}.", "input");

    /// <inheritdoc/>
    internal override ElementKind Kind => ElementKind.Index;

    /// <inheritdoc/>
    internal override BufferId Declare(PlanWriter plan, int datasetSize, Lane lane) =>
        plan.Declare(Column, TensorType.Int32, datasetSize, checked(Length + 1), SlotKind.Input);

    /// <inheritdoc/>
    internal override BatchTensors Load(FloatLowering lowering, GraphValue input, BufferId slot, BufferId rows)
    {
        PlanWriter plan = lowering.Plan;
        BufferId windows = plan.Scratch(TensorType.Int32, input.Batch, checked(Length + 1));
        plan.Tensor(IntegerOps.GatherRows, [windows, slot, rows]);
        BufferId tokens = plan.Scratch(TensorType.Int32, input.Batch, Length);

        // Copying columns leaves the others of the destination as they are, so it must be filled before.
        plan.WithTemporaries(() => plan.Tensor(IntegerOps.Fill, [tokens], [], plan.Constant(0)));
        plan.Tensor(DataOps.CopyColumns, [tokens, windows], [0, 0, Length]);
        lowering.Bind(input, tokens);
        return new BatchTensors(rows, windows);
    }
}
