using PoUW.Compute.Compilation;
using PoUW.Compute.Graphs;
using PoUW.Compute.Losses;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tolerance;

/// <summary>A recipe's inputs to lane R: bytes of any shape, fed as byte * (1 / 255) in fp32. Images lie as [height, width, channels].</summary>
internal sealed record ByteInput(string Column, IReadOnlyList<int> Shape, int Length) : ModelInput(Column)
{
    internal override IReadOnlyList<int> SampleShape => Shape;

    internal override ElementKind Kind => ElementKind.Real;

    internal override BufferId Declare(PlanWriter plan, int datasetSize, Lane lane) =>
        plan.Declare(Column, TensorType.UInt8, datasetSize, Length, SlotKind.Input);

    internal override BatchTensors Load(FloatLowering lowering, GraphValue input, BufferId slot, BufferId rows)
    {
        BufferId bytes = lowering.Plan.Scratch(TensorType.UInt8, input.Batch, Length);
        lowering.Plan.Tensor(IntegerOps.GatherRows, [bytes, slot, rows]);
        BufferId numbers = lowering.Plan.Scratch(TensorType.Float32, input.Batch, Length);
        lowering.Plan.Tensor(FloatElementwiseOps.Convert, [numbers, bytes], [BitConverter.SingleToInt32Bits(1f / byte.MaxValue), 0]);
        lowering.Bind(input, lowering.Reshape(numbers, input.Rows, input.Columns));
        return new BatchTensors(rows, null);
    }
}
