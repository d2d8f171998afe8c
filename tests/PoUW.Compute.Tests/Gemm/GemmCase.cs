using PoUW.Compute.Kernels.Gemm;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Gemm;

/// <summary>One product with operands that end where their arrays end, and the results of the definition.</summary>
internal sealed class GemmCase
{
    private const uint CanonicalNaN = 0x7FC00000;

    private readonly float[] _a;
    private readonly float[] _b;
    private readonly float[] _c;
    private readonly float[] _expected;

    public GemmCase(FloatProduct product, Random random, Func<Random, float> value)
    {
        Product = product;
        MatMulShape shape = product.Shape;
        _a = Fill(product.ItemStrideA, product.RowStrideA, shape.TransposeA ? (shape.K, shape.M) : (shape.M, shape.K), random, value);
        _b = Fill(product.ItemStrideB, product.RowStrideB, shape.TransposeB ? (shape.N, shape.K) : (shape.K, shape.N), random, value);
        _c = Fill(product.ItemStrideC, product.RowStrideC, (shape.M, shape.N), random, value);
        _expected = (float[])_c.Clone();
        for (int item = 0; item < product.Count; item++)
        {
            Expect(item);
        }
    }

    public FloatProduct Product { get; }

    public unsafe void Compute(FloatGemm gemm)
    {
        fixed (float* a = _a, b = _b, c = _c)
        {
            gemm.Multiply(Product, a, b, c);
        }
    }

    /// <summary>Index and bits of the first float of C, gaps included, that is not as defined; null if all are.</summary>
    public string? FirstDifference()
    {
        for (int i = 0; i < _c.Length; i++)
        {
            (uint actual, uint expected) = (BitConverter.SingleToUInt32Bits(_c[i]), BitConverter.SingleToUInt32Bits(_expected[i]));
            if (actual != expected)
            {
                return $"[{i}] is 0x{actual:X8}, expected 0x{expected:X8}";
            }
        }

        return null;
    }

    private float[] Fill(long itemStride, int rowStride, (int Rows, int Columns) size, Random random, Func<Random, float> value)
    {
        float[] array = new float[((Product.Count - 1) * itemStride) + ((long)(size.Rows - 1) * rowStride) + size.Columns];
        for (int i = 0; i < array.Length; i++)
        {
            array[i] = value(random);
        }

        return array;
    }

    private void Expect(int item)
    {
        MatMulShape shape = Product.Shape;
        (int rowA, int stepA) = shape.TransposeA ? (1, Product.RowStrideA) : (Product.RowStrideA, 1);
        (int stepB, int columnB) = shape.TransposeB ? (1, Product.RowStrideB) : (Product.RowStrideB, 1);
        for (int i = 0; i < shape.M; i++)
        {
            for (int j = 0; j < shape.N; j++)
            {
                long a = (item * Product.ItemStrideA) + ((long)i * rowA);
                long b = (item * Product.ItemStrideB) + ((long)j * columnB);
                ref float c = ref _expected[(item * Product.ItemStrideC) + ((long)i * Product.RowStrideC) + j];
                float sum = Product.Accumulate ? c : 0f;
                for (int k = 0; k < shape.K; k++, a += stepA, b += stepB)
                {
                    sum = MathF.FusedMultiplyAdd(_a[a], _b[b], sum);
                }

                c = float.IsNaN(sum) ? BitConverter.UInt32BitsToSingle(CanonicalNaN) : sum;
            }
        }
    }
}
