using PoUW.Compute.Lowering;
using PoUW.Compute.Plans;
using PoUW.Vm.Operations.Data;

namespace PoUW.Compute.Graphs.Operations;

/// <summary>
/// The elements of each sample, in PyTorch's row-major order, under other dimensions. Images lie in memory as (y, x, channel), so what
/// changes between images and other values is permuted; the rest costs nothing.
/// </summary>
internal sealed class ReshapeOperation : GraphOperation
{
    private const int MinRank = 2;
    private const int MaxRank = 4;

    public ReshapeOperation(GraphValue input, IReadOnlyList<int> shape)
        : base("Reshape", [input])
    {
        RequireReal(input, 2, 3, 4);
        Produces(Complete(input, shape));
    }

    /// <summary>True if the same image lies on both sides, or a pixel row can be cut anew without moving channels.</summary>
    private bool KeepsOrder => ImageOf(Input) is var (channels, pixels) && ImageOf(Output) is var (others, otherPixels)
        && (channels == others || ((channels == 1 || pixels == 1) && (others == 1 || otherPixels == 1)));

    public override void Forward(FloatLowering lowering) => lowering.Bind(Output, Move(lowering, lowering.Of(Input), Input, Output));

    public override void Backward(FloatLowering lowering)
    {
        if (Input.RequiresGradient)
        {
            lowering.PassGradient(Input, Move(lowering, lowering.Gradient(Output), Output, Input));
        }
    }

    private BufferId Move(FloatLowering lowering, BufferId source, GraphValue from, GraphValue to)
    {
        if (!KeepsOrder)
        {
            (int channels, int pixels) = ImageOf(from);
            source = Swap(lowering, source, from, pixels, channels);
            (channels, pixels) = ImageOf(to);
            source = Swap(lowering, source, to, channels, pixels);
        }

        return lowering.Reshape(source, to.Rows, to.Columns);
    }

    /// <summary>Turns (batch, a, b) into (batch, b, a).</summary>
    private static BufferId Swap(FloatLowering lowering, BufferId source, GraphValue value, int a, int b)
    {
        if (a == 1 || b == 1)
        {
            return source;
        }

        BufferId target = lowering.Plan.Scratch(lowering.Plan.ShapeOf(source).Type, value.Rows, value.Columns);
        lowering.Plan.Tensor(DataOps.Permute, [target, source], [value.Batch, a, b, 1, 0, 2, 1, 3]);
        return target;
    }

    /// <summary>Channels and pixels of a value whose memory is that of an image; one channel if it lies in PyTorch's order.</summary>
    private static (int Channels, int Pixels) ImageOf(GraphValue value) => value switch
    {
        { Rank: 4 } => (value.Shape[1], value.Shape[2] * value.Shape[3]),
        { Features: { } image } => (image.Channels, image.Height * image.Width),
        _ => (1, value.Shape.Skip(1).Aggregate(1, static (product, size) => product * size)),
    };

    /// <summary>The shape with its -1 computed.</summary>
    private int[] Complete(GraphValue input, IReadOnlyList<int> shape)
    {
        string wanted = $"({string.Join(", ", shape)})";
        if (shape.Count is < MinRank or > MaxRank || shape.Any(static size => size is < 1 and not -1) || shape.Count(static size => size == -1) > 1)
        {
            throw Fail($"{wanted} is no shape of a value: it has {MinRank} to {MaxRank} dimensions of at least 1, one of which may be -1.");
        }

        long elements = input.Shape.Aggregate(1L, static (product, size) => checked(product * size));
        long known = shape.Where(static size => size > 0).Aggregate(1L, static (product, size) => checked(product * size));
        int[] complete = [.. shape.Select(size => size > 0 ? size : (int)(elements / known))];
        if (complete.Aggregate(1L, static (product, size) => checked(product * size)) != elements)
        {
            throw Fail($"the input {input} has {elements} elements, which do not fit {wanted}.");
        }

        return complete[0] == input.Batch
            ? complete
            : throw Fail($"the input {input} cannot become {wanted}: the first dimension is the batch and stays {input.Batch}.");
    }
}
