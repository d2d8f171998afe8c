using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Operations.Float;

/// <summary>The product of lane R.</summary>
internal static class FloatProduct
{
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
}
