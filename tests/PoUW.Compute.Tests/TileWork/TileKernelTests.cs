using PoUW.Compute.Tests.Conformance;
using PoUW.Compute.TileWork;
using PoUW.Core;
using PoUW.Core.Work;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>All kernels, on every path of the processor, give the same tickets and exact products.</summary>
public sealed class TileKernelTests
{
    private static readonly string[][] Paths =
    [
        [nameof(TileKernelKind.Vnni)],
        [nameof(TileKernelKind.Avx512), "EnableAVXVNNI"],
        [nameof(TileKernelKind.Vnni), "EnableAVX512"],
        [nameof(TileKernelKind.Avx2), "EnableAVX512", "EnableAVXVNNI"],
        [nameof(TileKernelKind.Portable), "EnableAVX2"],
        [nameof(TileKernelKind.Portable), "EnableHWIntrinsic"],
    ];

    [TestCaseSource(nameof(Paths))]
    public void EveryPathDrawsTheSameTickets(string expected, params string[] switchedOff)
    {
        if (!VnniTileKernel.IsSupported || !Avx512TileKernel.IsSupported)
        {
            Assert.Ignore("This machine lacks AVX-512 or AVX-VNNI, so which path comes next is not known.");
        }

        string digest = TicketProgram.Digest(TileKernelKind.Portable);
        string[] lines = ConformanceChild.Run(["tickets"], switchedOff, out int exitCode);
        Assert.That(exitCode, Is.Zero);
        Assert.That(lines[0], Is.EqualTo(expected));
        Assert.That(lines, Has.Length.GreaterThan(1));
        Assert.That(lines.Skip(1).Select(static line => line.Split(' ')[1]), Is.All.EqualTo(digest));
        Assert.That(lines[1], Does.StartWith(expected));
    }

    [Test]
    public void KernelsAgreeOnEveryTileAndProductsAreExact([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        var shape = new TileWorkShape(
            random.Next(1, 120), random.Next(1, 120), seed % 5 == 0 ? random.Next(3600, 5000) : random.Next(1, 2100),
            random.Next(2) == 1, random.Next(2) == 1);
        sbyte[] a = Wide(shape.M * shape.K, random);
        sbyte[] b = Wide(shape.N * shape.K, random);
        int[] expected = TileWorkBench.Product(shape, a, b);
        WorkTemplate template = TileWorkBench.Template(TileWorkBench.EasyTarget, seed);
        List<uint>? first = null;
        foreach (TileKernelKind kind in TileKernels.Supported)
        {
            using var run = new TileRun(TileKernels.Create(kind), shape, a, b, template);
            Assert.That(run.C, Is.EqualTo(expected), $"{kind} {shape}");
            List<uint> states = [.. run.Tiles.SelectMany(static t => t.State)];
            Assert.That(states, Is.EqualTo(first ??= states), $"{kind} {shape}");
        }
    }

    [Test]
    public void TilesCoverEveryPaddedCellOnce()
    {
        var shape = new TileWorkShape(70, 300, 2048, false, true);
        using var run = new TileRun(
            TileKernels.Create(TileKernels.Supported.First()), shape,
            TileWorkBench.Operand(shape.M * shape.K, 1), TileWorkBench.Operand(shape.N * shape.K, 2),
            TileWorkBench.Template(TileWorkBench.EasyTarget));
        var expected = from j in Enumerable.Range(0, 10) from i in Enumerable.Range(0, 3) from g in Enumerable.Range(0, 2) select (i, j, g);
        Assert.That(run.Tiles.Select(static t => (t.TileRow, t.TileColumn, t.Segment)), Is.EqualTo(expected));
        Assert.That(run.Tickets * TileWorkParameters.UnitMacs, Is.EqualTo(shape.PaddedMacs));
    }

    /// <summary>B's seed does not depend on A, so rows of A can be chosen that reach the largest compressed sums.</summary>
    [Test]
    public unsafe void CompressedSumsStayInSixteenBits([Values(2048, 4095, 8192)] int k)
    {
        var shape = new TileWorkShape(33, 40, k, false, false);
        sbyte[] b = [.. Enumerable.Range(0, shape.N * k).Select(static i => (sbyte)(i % 2 == 0 ? 63 : -64))];
        sbyte[] a = new sbyte[shape.M * k];
        WorkTemplate template = TileWorkBench.Template(1);
        TileKernel kernel = TileKernels.Create(TileKernels.Supported.First());
        using var probe = new TileRun(kernel, shape, a, b, template);
        int strips = shape.PaddedK / shape.Rank;
        for (int i = 0; i < k; i++)
        {
            // Entry 5 of the dense rows enters at q, and leaves at q + 1.
            bool enters = probe.Product.NoiseB.Permutations[i] == 5;
            a[i] = (sbyte)(enters ? 63 : -64);
        }

        using var run = new TileRun(kernel, shape, a, b, template);
        int sum = run.Product.FactorsA(0)[(5 / 2 * 2 * TileKernel.GroupSize) + (5 % 2)];
        Assert.That(sum, Is.GreaterThan(100 * strips).And.LessThanOrEqualTo(128 * strips).And.LessThanOrEqualTo(short.MaxValue));
        Assert.That(run.C, Is.EqualTo(TileWorkBench.Product(shape, a, b)));
    }

    [Test]
    public unsafe void DenoisingIsExactAtTheEndsOfItsRange()
    {
        const int terms = 128;
        foreach (TileKernelKind kind in TileKernels.Supported)
        {
            short[] left = [.. Enumerable.Range(0, terms * 16).Select(static i => (short)(i % 3 == 0 ? 32512 : -32512))];
            short[] right = [.. Enumerable.Range(0, terms * 32).Select(static i => (short)(i % 5 == 0 ? -32 : 31))];
            const int stride = 35;
            int[] c = new int[2 * TileKernel.GroupSums];
            int[] result = new int[16 * stride];
            fixed (short* l = left, r = right)
            fixed (int* sums = c, target = result)
            {
                TileKernels.Create(kind).Denoise(l, r, terms, sums, target, stride);
            }

            for (int i = 0; i < c.Length; i++)
            {
                (int group, int row, int column) = (i / 256, i / 16 % 16, i % 16);
                int expected = 0;
                for (int p = 0; p < terms; p++)
                {
                    expected -= left[(((p / 2 * 16) + row) * 2) + (p % 2)] * right[(group * terms * 16) + (((p / 2 * 16) + column) * 2) + (p % 2)];
                }

                Assert.That(result[(row * stride) + (group * 16) + column], Is.EqualTo(expected), $"{kind} {i}");
            }

            Assert.That(result.Where(static (_, i) => i % stride >= 32), Is.All.Zero, $"{kind} writes beyond its columns");
        }
    }

    [Test]
    public void AKernelThatFailsItsTestGivesWayToTheNextSlowerOne()
    {
        TileKernelKind[] kinds = [.. TileKernels.Supported];
        for (int broken = 0; broken < kinds.Length; broken++)
        {
            var asked = new List<TileKernelKind>();
            TileKernel Create(TileKernelKind kind)
            {
                asked.Add(kind);
                return TileKernels.Create(kind);
            }

            TileKernelKind chosen = TileKernels.Choose(TileKernelKind.Auto, Create, _ => asked.Count > broken).Kind;
            Assert.That(chosen, Is.EqualTo(kinds[broken]));
        }

        Assert.That(() => TileKernels.Choose(TileKernelKind.Auto, TileKernels.Create, static _ => false), Throws.TypeOf<PouwException>());
        Assert.That(
            () => TileKernels.Choose(TileKernelKind.Portable, TileKernels.Create, static _ => false), Throws.TypeOf<PouwException>());
    }

    [Test]
    public void EveryKernelPassesTheSelfTest() =>
        Assert.That(TileKernels.Supported.Where(static k => !TileWorkSelfTest.Passes(TileKernels.Create(k))), Is.Empty);

    // The whole range that certificates allow.
    private static sbyte[] Wide(int length, Random random) => [.. Enumerable.Range(0, length).Select(_ => (sbyte)random.Next(-64, 64))];
}
