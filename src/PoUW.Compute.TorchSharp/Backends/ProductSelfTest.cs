using PoUW.Compute.Backends;
using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// Compares a device's products with the definition before it is trusted: at the ends of the number range, where sums cross the powers of two up to
/// 2^24 in odd steps (that shows accumulators with fewer bits than they claim), over several segments, in every orientation, at random, and in the sizes for
/// which libraries take other kernels. The definition of those is the default backend's.
/// </summary>
internal static class ProductSelfTest
{
    private const uint Multiplier = 1664525;
    private const uint Increment = 1013904223;

    private static readonly (int M, int K, int N)[] Shapes = [(1, 1, 1), (3, 5, 7), (37, 65, 41), (64, 1024, 48), (33, 1088, 34), (40, 2500, 33)];

    // Devices get products from 2^24 multiply-accumulates on: these are 2^28 and 2^30.
    private static readonly (int M, int K, int N)[] LargeShapes = [(512, 1088, 512), (2048, 1024, 512)];

    /// <summary>True if all products of the test are exact.</summary>
    internal static bool Passes(IDeviceProduct product)
    {
        uint random = 7;
        foreach ((int m, int k, int n) in Shapes)
        {
            for (int flags = 0; flags < 4; flags++)
            {
                MatMulShape shape = new(m, k, n, (flags & 1) != 0, (flags & 2) != 0);
                if (!Holds(product, shape, Random(m * k, ref random), Random(k * n, ref random)))
                {
                    return false;
                }
            }
        }

        return AtTheRails(product, sbyte.MinValue, sbyte.MinValue) && AtTheRails(product, sbyte.MaxValue, sbyte.MinValue)
            && AtTheRails(product, sbyte.MaxValue, sbyte.MaxValue) && InOddSteps(product, 1024) && InOddSteps(product, 1088)
            && InLargeSizes(product, random);
    }

    /// <summary>Half of the rows of each operand at the rails, with one sign, so that sums go up to 2^24; the others at random.</summary>
    private static bool InLargeSizes(IDeviceProduct product, uint random)
    {
        using CpuBackend definition = new();
        foreach ((int m, int k, int n) in LargeShapes)
        {
            sbyte[] a = Random(m * k, ref random);
            sbyte[] b = Random(k * n, ref random);
            a.AsSpan(0, a.Length / 2).Fill(sbyte.MinValue);
            b.AsSpan(b.Length / 2).Fill(sbyte.MinValue);
            b.AsSpan(b.Length * 3 / 4).Fill(sbyte.MaxValue);
            for (int flags = 0; flags < 4; flags++)
            {
                if (!Holds(product, new MatMulShape(m, k, n, (flags & 1) != 0, (flags & 2) != 0), a, b, definition))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Sums of up to 2^24 at one segment's length.</summary>
    private static bool AtTheRails(IDeviceProduct product, sbyte left, sbyte right)
    {
        MatMulShape shape = new(16, 1024, 32, false, false);
        sbyte[] a = new sbyte[shape.M * shape.K];
        sbyte[] b = new sbyte[shape.K * shape.N];
        Array.Fill(a, left);
        Array.Fill(b, right);
        return Holds(product, shape, a, b);
    }

    /// <summary>Row i is 127 up to some place and 1 from there on, so that each power of two is crossed by steps of one.</summary>
    private static bool InOddSteps(IDeviceProduct product, int inner)
    {
        MatMulShape shape = new(64, inner, 33, false, true);
        sbyte[] a = new sbyte[shape.M * inner];
        sbyte[] b = new sbyte[shape.N * inner];
        for (int i = 0; i < a.Length; i++)
        {
            a[i] = (sbyte)(i % inner < inner * (i / inner) / 63 ? 127 : 1);
        }

        for (int i = 0; i < b.Length; i++)
        {
            b[i] = (sbyte)(i / inner % 2 == 0 ? 127 : i % 3 == 0 ? -127 : 125);
        }

        return Holds(product, shape, a, b);
    }

    private static bool Holds(IDeviceProduct product, in MatMulShape shape, sbyte[] a, sbyte[] b, ITensorBackend? definition = null)
    {
        int[] actual = new int[shape.M * shape.N];
        Tensor left = new(TensorType.Int8, shape.TransposeA ? shape.K : shape.M, shape.TransposeA ? shape.M : shape.K);
        Tensor right = new(TensorType.Int8, shape.TransposeB ? shape.N : shape.K, shape.TransposeB ? shape.K : shape.N);
        Tensor expected = new(TensorType.Int32, shape.M, shape.N);
        a.CopyTo(left.Int8);
        b.CopyTo(right.Int8);
        (definition ?? new ScalarBackend()).MatMul(shape, left, right, expected);
        return product.Multiply(shape, .., a, b, actual) == ProductOutcome.Done && expected.Int32.SequenceEqual(actual);
    }

    private static sbyte[] Random(int length, ref uint random)
    {
        sbyte[] values = new sbyte[length];
        for (int i = 0; i < length; i++)
        {
            random = unchecked((random * Multiplier) + Increment);
            values[i] = unchecked((sbyte)(random >> 20));
        }

        return values;
    }
}
