using System.Runtime.InteropServices;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Convolution;

/// <summary>Random geometries, and operands of the operations on them.</summary>
internal sealed class GeometryCase
{
    private static readonly uint[] Special =
    [
        0x00000000, 0x80000000, 0x00000001, 0x807FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF, 0x7F800000, 0xFF800000,
        0x7FC00000, 0xFFC00001, 0x7FA00005, 0xFFFFFFFF, 0x3F800000, 0xBF800001,
    ];

    private readonly Random _random;
    private readonly double _specialShare;

    /// <summary>Draws a geometry.</summary>
    /// <param name="random">Source of everything.</param>
    /// <param name="most">Largest number of channels.</param>
    /// <param name="specialShare">Share of fp32 values that are NaNs, infinities, zeros and denormals.</param>
    public GeometryCase(Random random, int most, double specialShare)
    {
        (_random, _specialShare) = (random, specialShare);
        Groups = random.Next(5) == 0 ? random.Next(2, 5) : 1;
        Channels = Groups * random.Next(1, (random.Next(3) == 0 ? most : Math.Min(most, 8)) / Groups + 1);
        Outputs = Groups * random.Next(1, (random.Next(2) == 0 ? most : Math.Min(most, 8)) / Groups + 1);
        if (random.Next(6) == 0)
        {
            // Depthwise: every channel is a group.
            Groups = Channels = Outputs = random.Next(1, most + 1);
        }

        (int kernelHeight, int kernelWidth) = (random.Next(1, 6), random.Next(1, 6));
        (int padHeight, int padWidth) = (random.Next(kernelHeight), random.Next(kernelWidth));
        bool unit = random.Next(2) == 0;
        Windows = new PoolingGeometry(
            random.Next(1, 4),
            random.Next(Math.Max(1, kernelHeight - (2 * padHeight)), 17),
            random.Next(Math.Max(1, kernelWidth - (2 * padWidth)), 17),
            kernelHeight,
            kernelWidth,
            unit ? 1 : random.Next(1, 7),
            unit ? 1 : random.Next(1, 7),
            padHeight,
            padWidth);
    }

    public PoolingGeometry Windows { get; }

    public int Groups { get; }

    public int Channels { get; }

    public int Outputs { get; }

    public ConvolutionGeometry Geometry => new(Windows, Groups);

    /// <summary>Sizes that the scalar definitions manage in a blink.</summary>
    public bool IsSmall => Geometry.Problem() is null && Geometry.MacCount(Channels, Outputs) is < 150_000;

    /// <summary>Draws until the case is small.</summary>
    public static GeometryCase Next(Random random, int most, double specialShare)
    {
        while (true)
        {
            GeometryCase drawn = new(random, most, specialShare);
            if (drawn.IsSmall)
            {
                return drawn;
            }
        }
    }

    public Tensor Images(TensorType type, int channels) => Draw(type, (int)Windows.InputRows, channels);

    public Tensor Rows(TensorType type, int columns) => Draw(type, (int)Windows.OutputRows, columns);

    public Tensor Weights(TensorType type) => Draw(type, (int)Geometry.ChainLength(Channels), Outputs);

    /// <summary>The operands of an operation of the families of convolution and pooling.</summary>
    public Tensor[] Operands(TensorOp op)
    {
        TensorType result = op.Operands[0].Types[0];
        TensorType source = op.Operands[^1].Types[0];
        return op.Code switch
        {
            128 or 131 => [Rows(result, Outputs), Images(source, Channels), Weights(source)],
            129 or 132 => [Images(result, Channels), Rows(source, Outputs), Weights(source)],
            130 or 133 => [Weights(result), Rows(source, Outputs), Images(source, Channels)],
            134 => [Rows(result, Windows.Taps * Channels), Images(source, Channels)],
            135 => [Images(result, Channels), Rows(source, Windows.Taps * Channels)],
            137 or 141 => [Rows(result, Channels), Rows(TensorType.Int32, Channels), Images(source, Channels)],
            138 or 142 => [Images(result, Channels), Rows(op.Operands[1].Types[0], Channels), Index()],
            139 or 143 => [Rows(result, Channels), Images(source, Channels)],
            140 or 144 => [Images(result, Channels), Rows(source, Channels)],
            _ => throw new ArgumentException(op.Name, nameof(op)),
        };
    }

    public int[] Immediates(TensorOp op) => op.Immediates.Count == 10 ? Geometry.ToImmediates() : Windows.ToImmediates();

    public override string ToString() => $"{Windows} groups {Groups} channels {Channels} outputs {Outputs}";

    /// <summary>Rows of x: of the same image, as max pooling gives them, or of any.</summary>
    private Tensor Index()
    {
        Tensor index = new(TensorType.Int32, (int)Windows.OutputRows, Channels);
        bool any = _random.Next(3) == 0;
        for (int i = 0; i < index.Length; i++)
        {
            int image = i / Channels / Windows.OutputPixels;
            index.Int32[i] = any ? _random.Next((int)Windows.InputRows) : (image * Windows.InputPixels) + _random.Next(Windows.InputPixels);
        }

        return index;
    }

    private Tensor Draw(TensorType type, int rows, int columns)
    {
        Tensor tensor = new(type, rows, columns);
        _random.NextBytes(tensor.Bytes);
        if (type == TensorType.Float32)
        {
            Span<uint> bits = MemoryMarshal.Cast<byte, uint>(tensor.Bytes);
            for (int i = 0; i < bits.Length; i++)
            {
                bits[i] = _random.NextDouble() < _specialShare
                    ? Special[_random.Next(Special.Length)]
                    : BitConverter.SingleToUInt32Bits((float)(_random.NextDouble() - 0.5));
            }
        }

        return tensor;
    }
}
