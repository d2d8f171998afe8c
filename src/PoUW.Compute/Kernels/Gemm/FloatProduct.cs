using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>
/// What <see cref="FloatGemm"/> computes: <paramref name="Count"/> products C = op(A) * op(B), or C += op(A) * op(B), of one shape.
/// </summary>
/// <param name="Shape">M, K, N, all at least 1, and which operands are stored transposed.</param>
/// <param name="RowStrideA">Floats from row to row of the stored A; at least its columns.</param>
/// <param name="RowStrideB">Floats from row to row of the stored B; at least its columns.</param>
/// <param name="RowStrideC">Floats from row to row of C; at least N.</param>
/// <param name="Accumulate">Each sum starts from the old C instead of +0.</param>
/// <param name="Count">Number of products.</param>
/// <param name="ItemStrideA">Floats from one A to the next; 0 uses one A for all.</param>
/// <param name="ItemStrideB">Floats from one B to the next; 0 uses one B for all.</param>
/// <param name="ItemStrideC">Floats from one C to the next; the C must not overlap.</param>
internal readonly record struct FloatProduct(
    MatMulShape Shape,
    int RowStrideA,
    int RowStrideB,
    int RowStrideC,
    bool Accumulate,
    int Count = 1,
    long ItemStrideA = 0,
    long ItemStrideB = 0,
    long ItemStrideC = 0)
{
    /// <summary>Products of dense matrices that follow one another without gaps.</summary>
    public static FloatProduct Dense(in MatMulShape shape, bool accumulate = false, int count = 1) => new(
        shape,
        shape.TransposeA ? shape.M : shape.K,
        shape.TransposeB ? shape.K : shape.N,
        shape.N,
        accumulate,
        count,
        (long)shape.M * shape.K,
        (long)shape.K * shape.N,
        (long)shape.M * shape.N);
}
