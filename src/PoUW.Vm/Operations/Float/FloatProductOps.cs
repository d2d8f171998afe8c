using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Float;

/// <summary>Products of lane R beyond MATMUL.</summary>
public static class FloatProductOps
{
    private const int MacsPerGas = 96;

    /// <summary>
    /// count independent products C = op(A) * op(B), each as MATMUL of lane R: every output is the chain of fma(a, b, acc) from +0 over k in
    /// increasing order, a NaN becomes 0x7FC00000. All tensors are Float32 and hold their count matrices below each other: c is
    /// (count*M) x N, a (count*M) x K or, with transpose_a, (count*K) x M, b (count*K) x N or, with transpose_b, (count*N) x K.
    /// </summary>
    public static TensorOp BatchMatMul { get; } = new(147, "batch_matmul_f32", WriteFloat("c"), ReadFloat("a"), ReadFloat("b"))
    {
        Immediates = [new("count", 1, int.MaxValue), new("transpose_a", 0, 1), new("transpose_b", 0, 1)],
        Shapes = CheckBatch,
        Work = (in TensorCallShape c) => ((c.Immediates[0] * BatchShape(c[1], c[2], c.Immediates).MacCount) + MacsPerGas - 1) / MacsPerGas,
        Defined = FloatProduct.MultiplyBatch,
    };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } = [BatchMatMul];

    /// <summary>The shape of one product of <see cref="BatchMatMul"/>, from operands that passed its rule.</summary>
    /// <param name="a">Shape of all of A.</param>
    /// <param name="b">Shape of all of B.</param>
    /// <param name="immediates">count, transpose_a, transpose_b.</param>
    public static MatMulShape BatchShape(TensorShape a, TensorShape b, ReadOnlySpan<int> immediates)
    {
        (int count, bool transposeA, bool transposeB) = (immediates[0], immediates[1] == 1, immediates[2] == 1);
        (int rowsA, int rowsB) = (a.Rows / count, b.Rows / count);
        (int m, int k) = transposeA ? (a.Columns, rowsA) : (rowsA, a.Columns);
        return new MatMulShape(m, k, transposeB ? rowsB : b.Columns, transposeA, transposeB);
    }

    private static string? CheckBatch(in TensorCallShape c)
    {
        int count = c.Immediates[0];
        MatMulShape shape = BatchShape(c[1], c[2], c.Immediates);
        int innerB = shape.TransposeB ? c[2].Columns : c[2].Rows / count;
        return Splits("a", c[1], count)
            ?? Splits("b", c[2], count)
            ?? Splits("c", c[0], count)
            ?? ShapeRules.Require(shape.K == innerB, $"'a' holds {shape.M}x{shape.K} and 'b' {innerB}x{shape.N}, which cannot be multiplied")
            ?? ShapeRules.Require(
                c[0].Rows / count == shape.M && c[0].Columns == shape.N,
                $"'c' holds {c[0].Rows / count}x{c[0].Columns}, not {shape.M}x{shape.N}");
    }

    private static string? Splits(string name, TensorShape operand, int count) =>
        ShapeRules.Require(operand.Rows % count == 0, $"'{name}' is {operand} and cannot be split into {count} matrices");
}
