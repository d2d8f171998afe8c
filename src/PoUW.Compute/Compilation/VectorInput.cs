using PoUW.Compute.Graphs;
using PoUW.Compute.Losses;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Compilation;

/// <summary>
/// Vectors of Float32 numbers, (features) to the model, as they are: a tabular data set. Lane R only.
/// </summary>
/// <param name="Features">Numbers of a sample, at least 1.</param>
/// <param name="Column">Name of the column: Float32 with that many numbers.</param>
public sealed record VectorInput(int Features, string Column = "features") : ModelInput(Column)
{
    /// <inheritdoc/>
    internal override IReadOnlyList<int> SampleShape => [Features];

    /// <inheritdoc/>
    internal override ElementKind Kind => ElementKind.Real;

    /// <inheritdoc/>
    internal override BufferId Declare(PlanWriter plan, int datasetSize, Lane lane) => lane == Lane.Reproducible
        ? plan.Declare(Column, TensorType.Float32, datasetSize, Features, SlotKind.Input)
        : throw new ModelException("VectorInput has no integer form (lane I); train this model in lane R.", "input");

    /// <inheritdoc/>
    internal override BatchTensors Load(FloatLowering lowering, GraphValue input, BufferId slot, BufferId rows)
    {
        BufferId gathered = lowering.Declare(input);
        lowering.Plan.Tensor(IntegerOps.GatherRows, [gathered, slot, rows]);
        return new BatchTensors(rows, null);
    }
}
