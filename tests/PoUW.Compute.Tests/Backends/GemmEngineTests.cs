using System.Runtime.CompilerServices;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.IntegerGemm;
using PoUW.Compute.Tests.Support;
using PoUW.Compute.Threading;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Backends;

/// <summary>Every kernel against a plain loop.</summary>
[TestFixture(CpuKernel.Portable)]
[TestFixture(CpuKernel.Avx2)]
[TestFixture(CpuKernel.Avx512)]
[TestFixture(CpuKernel.AvxVnni)]
[TestFixture(CpuKernel.Avx512Byte)]
public sealed unsafe class GemmEngineTests(CpuKernel kernel)
{
    private const int Untouched = 0x5a5a5a5a;

    private IGemmEngine _engine = null!;

    [OneTimeSetUp]
    public void RequireKernel()
    {
        if (!CpuBackend.IsSupported(kernel))
        {
            Assert.Ignore($"This machine has no {kernel}.");
        }
    }

    [SetUp]
    public void SetUp() => _engine = CpuBackend.CreateEngine(kernel);

    [TearDown]
    public void TearDown() => _engine.Dispose();

    [Test]
    public void RandomShapesOfNarrowOperands([Range(0, 3)] int flags) => CheckRandomShapes(flags, 100 + flags, -64, 63, 90);

    [Test]
    public void RandomShapesOfFullRangeOperands([Range(0, 3)] int flags) => CheckRandomShapes(flags, 200 + flags, -128, 127, 60);

    /// <summary>More than one block of k, of rows and of columns, with ragged ends.</summary>
    [TestCase(7, 2500, 33)]
    [TestCase(400, 70, 50)]
    [TestCase(5, 9, 4200)]
    [TestCase(197, 1025, 35)]
    public void SeveralBlocks(int m, int k, int n)
    {
        Random random = new(m);
        for (int flags = 0; flags < 4; flags++)
        {
            CheckRandom(Shape(m, k, n, flags), random, flags == 1 ? -128 : -64, flags == 1 ? 127 : 63);
        }
    }

    [TestCase((sbyte)-128, (sbyte)-128)]
    [TestCase((sbyte)-128, (sbyte)127)]
    [TestCase((sbyte)127, (sbyte)-128)]
    [TestCase((sbyte)127, (sbyte)127)]
    [TestCase((sbyte)-64, (sbyte)63)]
    [TestCase((sbyte)63, (sbyte)-64)]
    [TestCase((sbyte)-64, (sbyte)-64)]
    [TestCase((sbyte)63, (sbyte)63)]
    public void Extremes(sbyte left, sbyte right)
    {
        const int inner = 3001;
        MatMulShape shape = new(8, inner, 40, false, false);
        sbyte[] a = new sbyte[8 * inner];
        sbyte[] b = new sbyte[inner * 40];
        Array.Fill(a, left);
        Array.Fill(b, right);
        Assert.That(Multiply(_engine, shape, a, b), Is.All.EqualTo(inner * left * right));
    }

    /// <summary>One element outside the narrow range, wherever it lies, where the other products already go to the bounds.</summary>
    [Test]
    public void OneWideElement([Values] bool inA, [Values((sbyte)-65, (sbyte)64, (sbyte)127, (sbyte)-128)] sbyte wide)
    {
        Random random = new(wide);
        for (int i = 0; i < 24; i++)
        {
            MatMulShape shape = Shape(random.Next(1, 40), random.Next(1, 90), random.Next(1, 70), i & 3);
            sbyte[] a = new sbyte[shape.M * shape.K];
            sbyte[] b = new sbyte[shape.K * shape.N];
            Array.Fill(a, (sbyte)(inA && wide > 0 ? 63 : -64));
            Array.Fill(b, (sbyte)63);
            sbyte[] changed = inA ? a : b;
            changed[random.Next(changed.Length)] = wide;
            Check(_engine, shape, a, b);
        }
    }

    [Test]
    public void SumsWrap()
    {
        // 140000 * 128 * 128 = 2293760000 is past 2^31.
        const int inner = 140_000;
        MatMulShape shape = new(1, inner, 2, false, true);
        sbyte[] a = new sbyte[inner];
        sbyte[] b = new sbyte[2 * inner];
        Array.Fill(a, sbyte.MinValue);
        Array.Fill(b, sbyte.MinValue);
        Assert.That(Multiply(_engine, shape, a, b), Is.All.EqualTo(unchecked((int)2_293_760_000)));
    }

    [Test]
    public void RegionLeavesTheRestAlone()
    {
        Random random = new(5);
        for (int i = 0; i < 40; i++)
        {
            MatMulShape shape = Shape(random.Next(10, 60), random.Next(1, 80), random.Next(10, 100), i & 3);
            OutputRegion region = Part(random, shape);
            sbyte[] a = Operand(random, shape.M * shape.K, -64, 63);
            sbyte[] b = Operand(random, shape.K * shape.N, -64, 63);
            int[] expected = Plain(shape, a, b);
            for (int j = 0; j < expected.Length; j++)
            {
                (int row, int column) = (j / shape.N, j % shape.N);
                bool inside = row >= region.Row && row < region.Row + region.Rows
                    && column >= region.Column && column < region.Column + region.Columns;
                expected[j] = inside ? expected[j] : Untouched;
            }

            Assert.That(Same(Multiply(_engine, shape, a, b, region), expected), $"{shape} {region}");
        }
    }

    [Test]
    [Platform("Linux")]
    public void ReadsNothingPastTheOperands()
    {
        Random random = new(7);
        for (int i = 0; i < 60; i++)
        {
            MatMulShape shape = Shape(Length(random), Length(random), Length(random), i & 3);
            sbyte[] a = Operand(random, shape.M * shape.K, -64, i % 5 == 0 ? 127 : 63);
            sbyte[] b = Operand(random, shape.K * shape.N, -64, 63);
            using GuardedBytes left = new(a);
            using GuardedBytes right = new(b);
            int[] actual = new int[shape.M * shape.N];
            fixed (int* result = actual)
            {
                Assert.That(_engine.Multiply(shape, Whole(shape), left.Values, right.Values, result), Is.True);
            }

            Assert.That(Same(actual, Plain(shape, a, b)), shape.ToString());
        }
    }

    [Test]
    public void NeighbouringMemoryDoesNotMatter()
    {
        Random random = new(6);
        for (int i = 0; i < 40; i++)
        {
            MatMulShape shape = Shape(random.Next(1, 40), random.Next(1, 40), random.Next(1, 40), i & 3);
            sbyte[] a = Operand(random, (shape.M * shape.K) + 128, -128, 127);
            sbyte[] b = Operand(random, (shape.K * shape.N) + 128, -128, 127);
            int[] expected = Plain(shape, a[64..^64], b[64..^64]);
            int[] actual = new int[expected.Length];
            fixed (sbyte* left = a, right = b)
            fixed (int* result = actual)
            {
                Assert.That(_engine.Multiply(shape, Whole(shape), left + 64, right + 64, result), Is.True);
            }

            Assert.That(Same(actual, expected), shape.ToString());
        }
    }

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public void TeamsGiveTheSameBits(int size)
    {
        using ThreadTeam team = new(size);
        using TeamEngine engine = new(team, () => CpuBackend.CreateEngine(kernel));
        Random random = new(size);
        (int M, int K, int N)[] shapes = [(250, 300, 270), (1500, 128, 50), (3, 700, 5000), (37, 65, 33), (600, 600, 599)];
        foreach ((int m, int k, int n) in shapes)
        {
            MatMulShape shape = Shape(m, k, n, random.Next(4));
            sbyte[] a = Operand(random, m * k, -64, 63);
            sbyte[] b = Operand(random, k * n, -64, 63);
            int[] expected = Multiply(_engine, shape, a, b);
            Assert.That(Same(Multiply(engine, shape, a, b), expected), shape.ToString());
            a[^1] = 127; // Only the parts that see it need the general kernel.
            Assert.That(Same(Multiply(engine, shape, a, b), Multiply(_engine, shape, a, b)), $"{shape} with a wide element");
        }
    }

    [TestCase(1)]
    [TestCase(2)]
    public void SteadyStateAllocatesNothing(int threads)
    {
        using CpuBackend backend = new(kernel, threads);
        MatMulShape shape = new(200, 300, 170, true, true);
        Tensor a = new(TensorType.Int8, 300, 200);
        Tensor b = new(TensorType.Int8, 170, 300);
        Tensor c = new(TensorType.Int32, 200, 170);
        b.Int8[7] = 100;
        for (int i = 0; i < 20; i++)
        {
            backend.MatMul(shape, a, b, c);
        }

        Assert.That(SteadyState.LeastAllocation(10, () => backend.MatMul(shape, a, b, c)), Is.Zero);
    }

    [TestCase(1024, 1024, 4, ExpectedResult = "2x2")]
    [TestCase(100, 10000, 4, ExpectedResult = "1x4")]
    [TestCase(10000, 10, 6, ExpectedResult = "6x1")]
    public string GridPacksLittle(int rows, int columns, int parts)
    {
        (int down, int across) = TeamEngine.Grid(new OutputRegion(0, rows, 0, columns), parts);
        return $"{down}x{across}";
    }

    private static MatMulShape Shape(int m, int k, int n, int flags) => new(m, k, n, (flags & 1) != 0, (flags & 2) != 0);

    private static OutputRegion Whole(in MatMulShape shape) => new(0, shape.M, 0, shape.N);

    private static OutputRegion Part(Random random, in MatMulShape shape)
    {
        (int row, int column) = (random.Next(shape.M), random.Next(shape.N));
        return new OutputRegion(row, random.Next(1, shape.M - row + 1), column, random.Next(1, shape.N - column + 1));
    }

    private static sbyte[] Operand(Random random, int length, int least, int most)
    {
        sbyte[] values = new sbyte[length];
        foreach (ref sbyte value in values.AsSpan())
        {
            value = (sbyte)random.Next(least, most + 1);
        }

        return values;
    }

    private static void Check(IGemmEngine engine, in MatMulShape shape, sbyte[] a, sbyte[] b) =>
        Assert.That(Same(Multiply(engine, shape, a, b), Plain(shape, a, b)), shape.ToString());

    private static bool Same(int[] left, int[] right) => left.AsSpan().SequenceEqual(right);

    private static int[] Multiply(IGemmEngine engine, in MatMulShape shape, sbyte[] a, sbyte[] b, OutputRegion? region = null)
    {
        int[] c = new int[shape.M * shape.N];
        Array.Fill(c, Untouched);
        fixed (sbyte* left = a, right = b)
        fixed (int* result = c)
        {
            Assert.That(engine.Multiply(shape, region ?? Whole(shape), left, right, result), Is.True);
        }

        return c;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int[] Plain(in MatMulShape shape, sbyte[] a, sbyte[] b)
    {
        int[] c = new int[shape.M * shape.N];
        for (int row = 0; row < shape.M; row++)
        {
            for (int k = 0; k < shape.K; k++)
            {
                int left = a[shape.TransposeA ? (k * shape.M) + row : (row * shape.K) + k];
                for (int column = 0; column < shape.N; column++)
                {
                    int right = b[shape.TransposeB ? (column * shape.K) + k : (k * shape.N) + column];
                    c[(row * shape.N) + column] = unchecked(c[(row * shape.N) + column] + (left * right));
                }
            }
        }

        return c;
    }

    private void CheckRandomShapes(int flags, int seed, int least, int most, int count)
    {
        Random random = new(seed);
        for (int i = 0; i < count; i++)
        {
            CheckRandom(Shape(Length(random), Length(random), Length(random), flags), random, least, most);
        }
    }

    private void CheckRandom(in MatMulShape shape, Random random, int least, int most) =>
        Check(_engine, shape, Operand(random, shape.M * shape.K, least, most), Operand(random, shape.K * shape.N, least, most));

    /// <summary>Small numbers and the neighbours of the multiples that the kernels know, more often than others.</summary>
    private static int Length(Random random) => random.Next(3) switch
    {
        0 => random.Next(1, 20),
        1 => Math.Max(1, (16 * random.Next(1, 8)) + random.Next(-1, 2)),
        _ => random.Next(1, 160),
    };
}
