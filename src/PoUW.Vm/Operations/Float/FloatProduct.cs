using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations.Float;

/// <summary>The product of lane R.</summary>
internal static class FloatProduct
{
    /// <summary>Operands: c, a, b, each with its matrices below each other. Immediates: count, transpose_a, transpose_b.</summary>
    public static long MultiplyBatch(in TensorCall call)
    {
        (Tensor c, Tensor a, Tensor b) = (call[0], call[1], call[2]);
        int count = call.Immediates[0];
        MatMulShape shape = FloatProductOps.BatchShape(Shape(a), Shape(b), call.Immediates);
        for (int i = 0; i < count; i++)
        {
            Multiply(shape, Part(a, i, count), Part(b, i, count), Part(c, i, count));
        }

        return 0;
    }

    /// <summary>Each output is a chain of fused multiply-adds from +0 over k in increasing order; a NaN becomes the canonical one.</summary>
    public static void Multiply(in MatMulShape shape, ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> c)
    {
        for (int row = 0; row < shape.M; row++)
        {
            for (int column = 0; column < shape.N; column++)
            {
                float sum = 0;
                for (int k = 0; k < shape.K; k++)
                {
                    sum = MathF.FusedMultiplyAdd(a[shape.IndexOfA(row, k)], b[shape.IndexOfB(k, column)], sum);
                }

                c[(row * shape.N) + column] = Fp32.Canonical(sum);
            }
        }
    }

    private static TensorShape Shape(Tensor tensor) => new(tensor.Type, tensor.Rows, tensor.Columns);

    private static Span<float> Part(Tensor tensor, int index, int count)
    {
        int length = tensor.Length / count;
        return tensor.Float32.Slice(index * length, length);
    }
}
