using PoUW.Compute.Graphs;
using PoUW.Compute.Losses;
using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Programs;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Compilation;

/// <summary>
/// Images of bytes, (channels, height, width) to the model. Lane R: (pixel / 255 - mean) / deviation, as torchvision's ToTensor and
/// Normalize. Lane I: pixel / 4, 0 to 63, with exponent -6.
/// </summary>
/// <param name="Channels">Channels of an image.</param>
/// <param name="Height">Rows of an image.</param>
/// <param name="Width">Columns of an image.</param>
public sealed record ImageInput(int Channels, int Height, int Width) : ModelInput("images")
{
    private const int IntegerExponent = -6;

    /// <summary>Mean of all channels after division by 255.</summary>
    public float Mean { get; init; }

    /// <summary>Standard deviation of all channels after division by 255.</summary>
    public float Deviation { get; init; } = 1;

    /// <inheritdoc/>
    internal override IReadOnlyList<int> SampleShape => [Channels, Height, Width];

    /// <inheritdoc/>
    internal override ElementKind Kind => ElementKind.Real;

    /// <inheritdoc/>
    internal override BufferId Declare(PlanWriter plan, int datasetSize, Lane lane) =>
        plan.Declare(Column, lane == Lane.Integer ? TensorType.Int8 : TensorType.UInt8, datasetSize, Channels * Height * Width, SlotKind.Input);

    /// <inheritdoc/>
    internal override BatchTensors Load(FloatLowering lowering, GraphValue input, BufferId slot, BufferId rows)
    {
        BufferId bytes = Gather(lowering.Plan, TensorType.UInt8, input.Batch, slot, rows);
        BufferId numbers = lowering.Plan.Scratch(TensorType.Float32, input.Batch, Channels * Height * Width);
        (float scale, float offset) = ((float)(1 / (255.0 * Deviation)), (float)(-(double)Mean / Deviation));
        lowering.Plan.Tensor(
            FloatElementwiseOps.Convert, [numbers, bytes], [BitConverter.SingleToInt32Bits(scale), BitConverter.SingleToInt32Bits(offset)]);
        lowering.Bind(input, lowering.Reshape(numbers, input.Rows, input.Columns));
        return new BatchTensors(rows, null);
    }

    /// <inheritdoc/>
    internal override BatchTensors Load(IntegerLowering lowering, GraphValue input, BufferId slot, BufferId rows)
    {
        BufferId pixels = Gather(lowering.Plan, TensorType.Int8, input.Batch, slot, rows);
        lowering.Bind(input, lowering.Reshape(pixels, input.Rows, input.Columns), lowering.Plan.Constant(IntegerExponent));
        return new BatchTensors(rows, null);
    }

    private BufferId Gather(PlanWriter plan, TensorType type, int batch, BufferId slot, BufferId rows)
    {
        BufferId gathered = plan.Scratch(type, batch, Channels * Height * Width);
        plan.Tensor(IntegerOps.GatherRows, [gathered, slot, rows]);
        return gathered;
    }
}
