using System.Globalization;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tests.Reference;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>Writes tensors of vectors.</summary>
internal static class VectorData
{
    /// <summary>Bits of fp32 numbers at the borders: zeros, subnormals, extremes, infinities, NaNs that are not the canonical one, units.</summary>
    private static readonly int[] BorderNumbers =
    [
        0x3F800000, 0, int.MinValue, 1, unchecked((int)0x80000001), 0x7F7FFFFF, unchecked((int)0xFF7FFFFF), 0x7F800000, unchecked((int)0xFF800000),
        0x7FC00000, unchecked((int)0xFFC12345), 0x7F800001, 0x00800000, 0x007FFFFF, unchecked((int)0xBF800000), 0x4B800001, 0x3F000000,
    ];

    public static string NameOf(TensorType type) => type.ToString().ToLowerInvariant();

    public static TensorType TypeOf(string name) => Enum.Parse<TensorType>(name, ignoreCase: true);

    /// <summary>A tensor of whole numbers; fp32 by their bits.</summary>
    public static VectorTensor Tensor(string slot, string type, int rows, int columns, params IEnumerable<long> values)
    {
        ReferenceTensor tensor = new(TypeOf(type), rows, columns);
        int at = 0;
        foreach (long value in values)
        {
            tensor[at++] = value;
        }

        Assert.That(at, Is.EqualTo(rows * columns), slot);
        return new VectorTensor(slot, type, rows, columns, Duel.Hex(tensor.ToBytes()));
    }

    /// <summary>An fp32 tensor of real numbers.</summary>
    public static VectorTensor Real(string slot, int rows, int columns, params float[] values) =>
        Tensor(slot, "float32", rows, columns, values.Select(v => (long)BitConverter.SingleToInt32Bits(v)));

    /// <summary>Bytes of numbers as a known content.</summary>
    public static VectorContent Content(string slot, string type, params long[] values) => new(slot,
        Tensor(slot, type, 1, values.Length, values).Data);

    /// <summary>Small numbers from a generator with a seed, below a bound if one is given; fp32 of 24 bits, so that rounding shows.</summary>
    public static long Small(TensorType type, uint seed, int index, int bound, bool positive)
    {
        uint word = ReferenceRandom.Word(seed, (long)type, index);
        uint high = word / 1024;
        int mantissa = (int)(word % (1 << 24));
        return type switch
        {
            _ when bound > 0 && type != TensorType.Float32 => high % bound,
            TensorType.Int8 => (high % 121) - 60L,
            TensorType.UInt8 => high % 256,
            TensorType.Float32 when positive => Bits(MathF.ScaleB(mantissa + 1, -24)),
            TensorType.Float32 => Bits(MathF.ScaleB(mantissa - (1 << 23), -21 - (int)((word >> 24) % 4))),
            _ => (high % 10001) - 5000L,
        };
    }

    /// <summary>Numbers at the borders of the type, or of the bound.</summary>
    public static long Border(TensorType type, int start, int index, int bound)
    {
        if (bound > 0)
        {
            return (start + index) % 2 == 0 ? bound - 1 : 0;
        }

        int bits = 8 * ReferenceTensor.WidthOf(type);
        long[] whole = type == TensorType.UInt8
            ? [0, 255, 1, 254, 128, 127]
            : [.. new long[] { -1, 1 }.SelectMany(sign => new[] { sign * (1L << (bits - 2)), sign }), -(1L << (bits - 1)), (1L << (bits - 1)) - 1,
                0, 1 - (1L << (bits - 1))];
        return type == TensorType.Float32 ? BorderNumbers[(start + index) % BorderNumbers.Length] : whole[(start + index) % whole.Length];
    }

    /// <summary>An immediate: a whole number, or f and a real one.</summary>
    public static int Immediate(string word) => word[0] == 'f'
        ? BitConverter.SingleToInt32Bits(float.Parse(word.AsSpan(1), CultureInfo.InvariantCulture))
        : int.Parse(word, CultureInfo.InvariantCulture);

    private static long Bits(float value) => BitConverter.SingleToInt32Bits(value);
}
