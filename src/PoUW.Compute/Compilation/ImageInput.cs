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

    /// <summary>Means after division by 255: one for all channels, or one a channel. 0 at first.</summary>
    public IReadOnlyList<float> Mean { get; init; } = [0];

    /// <summary>Standard deviations after division by 255, above 0: one for all channels, or one a channel. 1 at first.</summary>
    public IReadOnlyList<float> Deviation { get; init; } = [1];

    /// <summary>Equal if all numbers are.</summary>
    public bool Equals(ImageInput? other) => base.Equals(other) && (Channels, Height, Width) == (other.Channels, other.Height, other.Width)
        && Mean.SequenceEqual(other.Mean) && Deviation.SequenceEqual(other.Deviation);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((((Channels * 31) + Height) * 31) + Width);

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
        CheckNormalisation();
        BufferId bytes = Gather(lowering.Plan, TensorType.UInt8, input.Batch, slot, rows);
        BufferId numbers = lowering.Plan.Scratch(TensorType.Float32, input.Batch, Channels * Height * Width);
        bool isUniform = Mean.Count == 1 && Deviation.Count == 1;
        (float scale, float offset) = isUniform ? Normalisation(0) : (1f / byte.MaxValue, 0);
        lowering.Plan.Tensor(FloatElementwiseOps.Convert, [numbers, bytes], [Bits(scale), Bits(offset)]);
        BufferId pixels = lowering.Reshape(numbers, input.Rows, input.Columns);
        lowering.Bind(input, isUniform ? pixels : WriteNormalised(lowering.Plan, pixels));
        return new BatchTensors(rows, null);
    }

    /// <inheritdoc/>
    internal override BatchTensors Load(IntegerLowering lowering, GraphValue input, BufferId slot, BufferId rows)
    {
        BufferId pixels = Gather(lowering.Plan, TensorType.Int8, input.Batch, slot, rows);
        lowering.Bind(input, lowering.Reshape(pixels, input.Rows, input.Columns), lowering.Plan.Constant(IntegerExponent));
        return new BatchTensors(rows, null);
    }

    private static int Bits(float value) => BitConverter.SingleToInt32Bits(value);

    /// <summary>What turns a byte into a number of a channel: byte * scale + offset.</summary>
    private (float Scale, float Offset) Normalisation(int channel)
    {
        double deviation = Of(Deviation, channel);
        return ((float)(1 / (byte.MaxValue * deviation)), (float)(-Of(Mean, channel) / deviation));
    }

    private static double Of(IReadOnlyList<float> numbers, int channel) => numbers[numbers.Count == 1 ? 0 : channel];

    /// <summary>(pixel - mean) / deviation by channel, of pixels that were divided by 255.</summary>
    private BufferId WriteNormalised(PlanWriter plan, BufferId pixels)
    {
        BufferId scales = plan.Scratch(TensorType.Float32, 1, Channels);
        BufferId offsets = plan.Scratch(TensorType.Float32, 1, Channels);
        for (int channel = 0; channel < Channels; channel++)
        {
            float scale = (float)(1 / Of(Deviation, channel));
            float offset = Normalisation(channel).Offset;
            int column = channel;
            plan.WithTemporaries(() => plan.Store(scales, plan.Constant(Bits(scale)), 0, column));
            plan.WithTemporaries(() => plan.Store(offsets, plan.Constant(Bits(offset)), 0, column));
        }

        BufferId normalised = plan.Like(pixels);
        plan.Tensor(FloatElementwiseOps.Fma, [normalised, pixels, scales, offsets]);
        return normalised;
    }

    private void CheckNormalisation()
    {
        bool countsFit = (Mean.Count == 1 || Mean.Count == Channels) && (Deviation.Count == 1 || Deviation.Count == Channels);
        if (!countsFit)
        {
            throw new ModelException($"Mean and Deviation have 1 or {Channels} numbers, one a channel, not {Mean.Count} and {Deviation.Count}.", "input");
        }

        if (!Mean.All(float.IsFinite) || !Deviation.All(static d => float.IsNormal(d) && d > 0))
        {
            throw new ModelException("A Mean is a finite number, a Deviation one above 0.", "input");
        }
    }

    private BufferId Gather(PlanWriter plan, TensorType type, int batch, BufferId slot, BufferId rows)
    {
        BufferId gathered = plan.Scratch(type, batch, Channels * Height * Width);
        plan.Tensor(IntegerOps.GatherRows, [gathered, slot, rows]);
        return gathered;
    }
}
