using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Tests.Support;
using PoUW.Compute.Threading;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Gemm;

[TestFixture(FloatKernel.Portable, 1)]
[TestFixture(FloatKernel.Portable, 2)]
[TestFixture(FloatKernel.Avx2, 1)]
[TestFixture(FloatKernel.Avx2, 4)]
[TestFixture(FloatKernel.Avx512, 1)]
[TestFixture(FloatKernel.Avx512, 2)]
[TestFixture(FloatKernel.Avx512, 4)]
public sealed class FloatGemmTests(FloatKernel kernel, int threads)
{
    /// <summary>Blocks and parts so small that little shapes cross them, and nothing is read in place.</summary>
    private static readonly GemmBlocking Tiny = new(32, 24, 64, 0, 0, 0, 500);

    private ThreadTeam _team = null!;
    private FloatGemm _gemm = null!;
    private FloatGemm _tiny = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        if (!FloatGemm.IsSupported(kernel))
        {
            Assert.Ignore($"This machine has no {kernel}.");
        }

        _team = new ThreadTeam(threads);
        _gemm = new FloatGemm(kernel, _team);
        _tiny = new FloatGemm(kernel, _team, Tiny);
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _tiny?.Dispose();
        _gemm?.Dispose();
        _team?.Dispose();
    }

    [Test]
    public void RandomShapesGiveTheDefinedBits([Values] bool transposeA, [Values] bool transposeB, [Values] bool accumulate, [Values] bool tiny)
    {
        Random random = new(HashCode(transposeA, transposeB, accumulate, tiny));
        for (int i = 0; i < 60; i++)
        {
            MatMulShape shape = new(Dimension(random), Dimension(random), Dimension(random), transposeA, transposeB);
            GemmCase item = new(FloatProduct.Dense(shape, accumulate), random, Ordinary);
            Check(item, tiny ? _tiny : _gemm);
        }
    }

    [Test]
    public void LargeShapesGiveTheDefinedBits([Values] bool transposeA, [Values] bool transposeB)
    {
        Random random = new(HashCode(transposeA, transposeB));
        foreach ((int m, int k, int n) in new[] { (200, 300, 170), (401, 70, 129), (61, 263, 520), (13, 530, 1100) })
        {
            Check(new GemmCase(FloatProduct.Dense(new MatMulShape(m, k, n, transposeA, transposeB)), random, Ordinary), _gemm);
        }
    }

    [Test]
    public void EveryRowAndColumnCountGivesTheDefinedBits()
    {
        Random random = new(5);
        for (int m = 1; m <= 26; m++)
        {
            for (int n = 1; n <= 66; n += m % 2 == 0 ? 3 : 5)
            {
                Check(new GemmCase(FloatProduct.Dense(new MatMulShape(m, 9, n, (m & 1) != 0, (n & 2) != 0), (n & 1) != 0), random, Ordinary), _gemm);
            }
        }
    }

    [Test]
    public void AdversarialValuesGiveTheDefinedBits([Values] bool transposeA, [Values] bool transposeB, [Values] bool accumulate)
    {
        Random random = new(HashCode(transposeA, transposeB, accumulate));
        foreach (Func<Random, float> source in new[] { Denormal, Adversarial, Rare, SignedZero, Cancelling })
        {
            for (int i = 0; i < 12; i++)
            {
                MatMulShape shape = new(Dimension(random), Dimension(random), Dimension(random), transposeA, transposeB);
                Check(new GemmCase(FloatProduct.Dense(shape, accumulate), random, source), i % 2 == 0 ? _tiny : _gemm);
            }
        }
    }

    [Test]
    public void StridesAndBatchesTouchOnlyTheirResults([Values] bool transposeA, [Values] bool transposeB, [Values] bool accumulate)
    {
        Random random = new(HashCode(transposeA, transposeB, accumulate));
        for (int i = 0; i < 40; i++)
        {
            MatMulShape shape = new(Dimension(random), Dimension(random), Dimension(random), transposeA, transposeB);
            FloatProduct dense = FloatProduct.Dense(shape, accumulate, random.Next(1, 6));
            FloatProduct product = dense with
            {
                RowStrideA = dense.RowStrideA + random.Next(20),
                RowStrideB = dense.RowStrideB + random.Next(20),
                RowStrideC = dense.RowStrideC + random.Next(20),
            };
            product = product with
            {
                ItemStrideA = i % 4 == 0 ? 0 : ((long)product.RowStrideA * (transposeA ? shape.K : shape.M)) + random.Next(9),
                ItemStrideB = i % 3 == 0 ? 0 : ((long)product.RowStrideB * (transposeB ? shape.N : shape.K)) + random.Next(9),
                ItemStrideC = ((long)product.RowStrideC * shape.M) + random.Next(9),
            };
            Check(new GemmCase(product, random, Ordinary), i % 2 == 0 ? _tiny : _gemm);
        }
    }

    [Test]
    public void SpansOfDenseMatrices()
    {
        MatMulShape shape = new(2, 2, 2, false, false);
        float[] c = [1, 1, 1, 1];
        _gemm.Multiply(shape, [1, 2, 3, 4], [5, 6, 7, 8], c, accumulate: true);
        Assert.That(c, Is.EqualTo(new float[] { 20, 23, 44, 51 }));
        Assert.That(() => _gemm.Multiply(shape, [1, 2, 3], [5, 6, 7, 8], c), Throws.ArgumentException);
        Assert.That(() => _gemm.Multiply(shape with { K = 0 }, [1, 2, 3], [5, 6, 7, 8], c), Throws.ArgumentException);
    }

    [Test]
    public unsafe void ShortStridesAreRefused()
    {
        FloatProduct product = FloatProduct.Dense(new MatMulShape(2, 3, 4, false, true));
        Assert.That(() => _gemm.Multiply(product with { RowStrideA = 2 }, null, null, null), Throws.ArgumentException);
        Assert.That(() => _gemm.Multiply(product with { RowStrideB = 2 }, null, null, null), Throws.ArgumentException);
        Assert.That(() => _gemm.Multiply(product with { RowStrideC = 3 }, null, null, null), Throws.ArgumentException);
    }

    [TestCase(64, 64, 64, false, false)]
    [TestCase(100, 300, 200, true, true)]
    public void SteadyStateAllocatesNothing(int m, int k, int n, bool transposeA, bool transposeB)
    {
        MatMulShape shape = new(m, k, n, transposeA, transposeB);
        (float[] a, float[] b, float[] c) = (new float[m * k], new float[k * n], new float[m * n]);
        for (int i = 0; i < 50; i++)
        {
            _gemm.Multiply(shape, a, b, c);
        }

        Assert.That(SteadyState.LeastAllocation(20, () => _gemm.Multiply(shape, a, b, c)), Is.Zero);
    }

    [Test]
    public void KernelIsReportedAndGoesWithTheByteKernel()
    {
        Assert.That(_gemm.Kernel, Is.EqualTo(kernel));
        Assert.That(FloatGemm.For(CpuKernel.Portable), Is.EqualTo(FloatKernel.Portable));
        foreach (CpuKernel bytes in Enum.GetValues<CpuKernel>())
        {
            Assert.That(FloatGemm.IsSupported(FloatGemm.For(bytes)), Is.True);
        }
    }

    private static void Check(GemmCase item, FloatGemm gemm)
    {
        item.Compute(gemm);
        Assert.That(item.FirstDifference(), Is.Null, () => item.Product.ToString());
    }

    private static int HashCode(params bool[] flags) => flags.Aggregate(1, (hash, flag) => (2 * hash) + (flag ? 1 : 0));

    private static int Dimension(Random random) => random.Next(4) switch
    {
        0 => random.Next(1, 8),
        1 => random.Next(1, 40),
        2 => 16 * random.Next(1, 6),
        _ => random.Next(1, 100),
    };

    private static float Ordinary(Random random) => (random.NextSingle() - 0.5f) * MathF.Pow(2, random.Next(-8, 8));

    private static float Denormal(Random random) => BitConverter.UInt32BitsToSingle((uint)random.Next(1 << 24) | ((uint)random.Next(2) << 31));

    private static float SignedZero(Random random) => random.Next(3) switch { 0 => -0f, 1 => 0f, _ => -1e-30f };

    private static float Cancelling(Random random) => random.Next(2) == 0 ? 1 : -1 + (random.Next(3) * MathF.BitIncrement(0));

    private static float Adversarial(Random random) => random.Next(12) switch
    {
        0 => float.PositiveInfinity,
        1 => float.NegativeInfinity,
        2 => BitConverter.UInt32BitsToSingle(0x7F800001u + (uint)random.Next(1 << 22)),
        3 => BitConverter.UInt32BitsToSingle(0xFFC00000u + (uint)random.Next(1 << 22)),
        4 => -0f,
        5 => float.MaxValue,
        6 => float.Epsilon,
        _ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue)),
    };

    /// <summary>Few enough of the odd values that most results are not NaN.</summary>
    private static float Rare(Random random) => random.Next(150) == 0 ? Adversarial(random) : Ordinary(random);
}
