using static PoUW.Vm.Tests.Vectors.VectorData;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>The vectors of docs/vm.md, and small cases of vector operations whose results were worked out by hand.</summary>
internal static class KnownVectors
{
    private const long One = 0x3F800000;
    private const long Negative0 = int.MinValue;

    private static readonly long[] Key = [.. Enumerable.Range(0, 32)];

    public static IEnumerable<VectorSource> File() => Rounding().Concat(Softmax()).Concat(ByHand());

    private static IEnumerable<VectorSource> Rounding() =>
    [
        Round("requantise_shift", 3, [100, -100, 12, -12, 11, 4, -4], [13, -12, 2, -1, 1, 1, 0]),
        Round("requantise_shift", 9, [99999, -99999], [127, -127]),
        Round("requantise_shift", 0, [5, -5, 127, -127, 128, -128, int.MaxValue, int.MinValue], [5, -5, 127, -127, 127, -127, 127, -127]),
        Round("requantise_shift", 31, [int.MaxValue, int.MinValue, 1 << 30, (1 << 30) - 1], [1, -1, 1, 0]),
        Round("stochastic_round_shift", 4, [100, -100, 90, 8, 9, 13], [7, -7, 5, 1, 1, 1]),
        Round("stochastic_round_shift", 5, [1000, -1000], [32, -32]),
        Round("stochastic_round_shift", 6, [777], [12]),
        Round("stochastic_round_shift", 9, [65535], [127]),
        Round("stochastic_round_shift", 7, [1023], [8]),
        Round("stochastic_round_shift", 0, [5, -5, int.MinValue], [5, -5, -127]),
    ];

    private static IEnumerable<VectorSource> Softmax()
    {
        (long Exponent, long Label, long[] Errors, long Loss)[] rows =
        [
            (-4, 0, [-13, 3, 9, 0], 10037), (-4, 1, [51, -61, 9, 0], 137086), (-6, 2, [27, 13, -47, 5], 60910),
        ];
        VectorTensor logits = Tensor("logits", "int8", 1, 4, 40, -3, 12, -63);
        foreach ((long exponent, long label, long[] errors, long loss) in rows)
        {
            VectorTensor labels = Tensor("labels", "uint8", 1, 1, label);
            const string Slots = ".slot input logits int8 1 4\n.slot input labels uint8 1 1";
            yield return VectorSource.Of(
                $"docs/vm.md: softmax_gradient, exponent {exponent}, label {label}",
                $"push {exponent} / vec.softmax_gradient d logits labels 5 63 -> ",
                $".slot output d int8 1 4\n{Slots}", logits, labels) with
            {
                KnownSlots = [Content("d", "int8", errors)],
            };
            yield return VectorSource.Of(
                $"docs/vm.md: softmax_loss, exponent {exponent}, label {label}",
                $"push {exponent} / push 1 / vec.softmax_loss logits labels / emit -> {loss}",
                Slots, logits, labels);
        }

        yield return Result(
            "docs/vm.md: keyed_permutation", "push 10 / push 0 / push 0 / vec.keyed_permutation d key 90", "int32", [1, 9, 6, 0, 4, 8, 2, 5, 7, 3],
            Tensor("key", "uint8", 32, 1, Key));
        yield return Result(
            "docs/vm.md: keyed_permutation, a window", "push 10 / push 4 / push 0 / vec.keyed_permutation d key 90", "int32", [4, 8, 2],
            Tensor("key", "uint8", 32, 1, Key));

        // Words 6627e8d5 e169c58d bc57ac4c 9b00dbd8, times 2^31 + 1, shifted by 32, less 2^30.
        long[] words = [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8];
        yield return Result(
            "docs/vm.md: uniform_fill of the Philox block of zeros", $"push 0 / push 0 / push {1 << 30} / vec.uniform_fill d", "int32",
            [.. words.Select(w => (long)(((UInt128)(ulong)w * ((1UL << 31) + 1)) >> 32) - (1 << 30))]);
        yield return Result(
            "docs/vm.md: dropout_mask_f32 of the Philox block of zeros", "push 0 / push 0 / vec.dropout_mask_f32 d 12343212 0x3F800000", "float32",
            [0, One, One, 0]);
    }

    private static IEnumerable<VectorSource> ByHand() =>
    [
        VectorSource.Of("max_abs of the least number", "vec.max_abs s / emit -> 2147483648", ".slot input s int32 1 2",
            Tensor("s", "int32", 1, 2, int.MinValue, 5)),
        VectorSource.Of("max_abs of -128", "vec.max_abs s / emit -> 128", ".slot input s int8 1 2", Tensor("s", "int8", 1, 2, -128, 5)),
        VectorSource.Of("sum beyond 32 bits", "vec.sum s / emit -> 4294967294", ".slot input s int32 2 1",
            Tensor("s", "int32", 2, 1, int.MaxValue, int.MaxValue)),
        Result("relu", "vec.relu d s", "int8", [0, 127, 0, 0], Tensor("s", "int8", 1, 4, -128, 127, 0, -1)),
        Result("relu_gradient", "vec.relu_gradient d s g", "int8", [0, 127, 0, -7], Tensor("s", "int8", 1, 4, -128, 127, 1, -7),
            Tensor("g", "int8", 1, 4, 0, 1, -1, 127)),
        Result("add_int32 wraps", "vec.add_int32 d a b", "int32", [int.MinValue, 0], Tensor("a", "int32", 1, 2, int.MaxValue, int.MinValue),
            Tensor("b", "int32", 1, 2, 1, int.MinValue)),
        Result("subtract_int32 wraps", "vec.subtract_int32 d a b", "int32", [int.MaxValue, 1], Tensor("a", "int32", 1, 2, int.MinValue, 0),
            Tensor("b", "int32", 1, 2, 1, -1)),
        Result("scale_shift rounds down", "push -3 / push 1 / vec.scale_shift d s", "int32", [-2, 1, 0], Tensor("s", "int32", 1, 3, 1, -1, 0)),
        Result("clamp of the least number", "push 2147483647 / vec.clamp d s", "int32", [-2147483647, 2147483647],
            Tensor("s", "int32", 1, 2, int.MinValue, int.MaxValue)),
        Result("sequence stops at its maximum", "push 2147483646 / push 2147483647 / vec.sequence d", "int32", [2147483646, 2147483647, 2147483647]),
        Result("argmax_rows takes the lowest column", "vec.argmax_rows d s", "int32", [1], Tensor("s", "int8", 1, 4, -5, 9, 9, 3)),
        Result("sum_rows_int32 wraps", "vec.sum_rows_int32 d s", "int32", [int.MinValue, 3], Tensor("s", "int32", 2, 2, int.MaxValue, 1, 1, 2)),
        Result("gather_rows keeps the bits of a NaN", "vec.gather_rows d s i", "float32", [0x7F800001],
            Tensor("s", "float32", 2, 1, 0, 0x7F800001), Tensor("i", "int32", 1, 1, 1)),
        Result("maximum_f32 of zeros and NaN", "vec.maximum_f32 d a b", "float32", [0, 0, 0x7FC00000],
            Tensor("a", "float32", 1, 3, 0, Negative0, 0x7F800001), Tensor("b", "float32", 1, 3, Negative0, 0, One)),
        Result("minimum_f32 of zeros and NaN", "vec.minimum_f32 d a b", "float32", [Negative0, Negative0, 0x7FC00000],
            Tensor("a", "float32", 1, 3, 0, Negative0, One), Tensor("b", "float32", 1, 3, Negative0, 0, -1)),
        Result("add_f32 rounds to even", "vec.add_f32 d a b", "float32", [0x4B800000, 0x4B800002],
            Tensor("a", "float32", 1, 2, 0x4B800000, 0x4B800001), Tensor("b", "float32", 1, 2, One, One)),
        Result("multiply_f32 keeps subnormals", "vec.multiply_f32 d a b", "float32", [0x00400000], Tensor("a", "float32", 1, 1, 0x00800000),
            Tensor("b", "float32", 1, 1, 0x3F000000)),
        Result("relu_f32 of zeros and NaN", "vec.relu_f32 d s", "float32", [0, 0, 0x7FC00000, One],
            Tensor("s", "float32", 1, 4, Negative0, -1082130432, -1, One)),
        Result("exp_f32 and its ends", "vec.exp_f32 d s", "float32", [One, 0, 0x7F800000, 0x402DF854],
            Tensor("s", "float32", 1, 4, 0, unchecked((int)0xFF800000), 0x7F800000, One)),
        Result("rsqrt_f32", "vec.rsqrt_f32 d s", "float32", [0x3F000000, 0x7F800000, unchecked((int)0xFF800000), 0],
            Tensor("s", "float32", 1, 4, 0x40800000, 0, Negative0, 0x7F800000)),
        Result("convert_f32 rounds to even", "vec.convert_f32 d s 0x3F800000 0x00000000", "float32",
            [0x4B800000, 0x4B800002, unchecked((int)0xCF000000)], Tensor("s", "int32", 1, 3, 16777217, 16777219, int.MinValue)),
    ];

    private static VectorSource Round(string operation, int shift, long[] values, long[] expected) => Result(
        $"docs/vm.md: {operation} by {shift}", $"push {shift} / vec.{operation} d s 127", "int8", expected,
        Tensor("s", "int32", 1, values.Length, values));

    /// <summary>A vector whose destination d is a row, or a column where the operation needs one.</summary>
    private static VectorSource Result(string name, string line, string type, long[] expected, params VectorTensor[] tensors)
    {
        bool isColumn = line.Contains("permutation", StringComparison.Ordinal) || line.Contains("sequence", StringComparison.Ordinal);
        string size = isColumn ? $"{expected.Length} 1" : $"1 {expected.Length}";
        IEnumerable<string> inputs = tensors.Select(t => $".slot input {t.Slot} {t.Type} {t.Rows} {t.Columns}");
        return VectorSource.Of(name, $"{line} -> ", string.Join('\n', [$".slot output d {type} {size}", .. inputs]), tensors) with
        {
            KnownSlots = [Content("d", type, expected)],
        };
    }
}
