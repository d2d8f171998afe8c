using System.Numerics;
using PoUW.Compute.TileWork;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.Tests.TileWork;

public sealed class TileWorkMinerTests
{
    public static IEnumerable<TileKernelKind> Kernels() => TileKernels.Supported;

    [Test]
    public void EveryTileEqualsTheOracle(
        [ValueSource(nameof(Kernels))] TileKernelKind kernel, [Values] bool transposeA, [Values] bool transposeB)
    {
        using var miner = new TileWorkMiner(kernel);
        foreach (TileWorkShape shape in new TileWorkShape[]
        {
            new(33, 70, 784, transposeA, transposeB),
            new(64, 33, 513, transposeA, transposeB),
            new(40, 32, 1500, transposeA, transposeB),
            new(33, 35, 4096, transposeA, transposeB),
        })
        {
            CompareWithOracle(miner, shape, shape.M + shape.K);
        }
    }

    [Test]
    public void TheFastAndThePortableKernelFindTheSameCertificates()
    {
        var shape = new TileWorkShape(128, 96, 2048, false, true);
        sbyte[] a = TileWorkBench.Operand(shape.M * shape.K, 1);
        sbyte[] b = TileWorkBench.Operand(shape.N * shape.K, 2);
        List<byte[]>? first = null;
        foreach (TileKernelKind kernel in Kernels())
        {
            using var miner = new TileWorkMiner(kernel);
            var bench = new TileWorkBench();
            miner.Multiply(shape, a, b, new int[shape.M * shape.N], TileWorkBench.Template(TileWorkBench.EasyTarget / 3), bench);
            List<byte[]> found = [.. bench.Certificates.Select(x => x.PublicData.ToArray())];
            Assert.That(found, Is.Not.Empty);
            Assert.That(found, Is.EqualTo(first ??= found));
        }
    }

    /// <summary>The buffers of the product that found the ticket are still in use.</summary>
    [Test]
    public void ASinkCannotUseTheMinerThatCallsIt()
    {
        var shape = new TileWorkShape(32, 32, 1024, false, false);
        sbyte[] a = TileWorkBench.Operand(shape.M * shape.K, 1);
        sbyte[] b = TileWorkBench.Operand(shape.N * shape.K, 2);
        using var miner = new TileWorkMiner(TileKernelKind.Portable);
        int[] c = new int[shape.M * shape.N];
        var nested = new NestedSink(
            () => miner.Multiply(shape, a, b, new int[c.Length], TileWorkBench.Template(1), new TileWorkBench()));
        Assert.That(
            () => miner.Multiply(shape, a, b, c, TileWorkBench.Template(TileWorkBench.EasyTarget), nested),
            Throws.InstanceOf<InvalidOperationException>());
        Assert.That(nested.Calls, Is.Positive);
        miner.Multiply(shape, a, b, c, TileWorkBench.Template(1), new TileWorkBench());
    }

    [Test]
    public void RailsStayExact([ValueSource(nameof(Kernels))] TileKernelKind kernel, [Values(1024, 8192)] int k)
    {
        var shape = new TileWorkShape(32, 32, k, false, false);
        sbyte[] a = new sbyte[shape.M * k];
        sbyte[] b = new sbyte[shape.N * k];
        Array.Fill(a, (sbyte)63);
        Array.Fill(b, (sbyte)-63);
        using var miner = new TileWorkMiner(kernel);
        int[] c = new int[shape.M * shape.N];
        miner.Multiply(shape, a, b, c, TileWorkBench.Template(1), new TileWorkBench());
        Assert.That(c, Is.All.EqualTo(-63 * 63 * k));
        Array.Fill(a, (sbyte)-64);
        Array.Fill(b, (sbyte)-64);
        miner.Multiply(shape, a, b, c, TileWorkBench.Template(1), new TileWorkBench());
        Assert.That(c, Is.All.EqualTo(64 * 64 * k));
    }

    [Test]
    public void ThreadsGetEqualShares([Values(1, 2, 3, 5, 16)] int threads, [Values(512, 1024, 4096, 8192)] int k)
    {
        int most = TileWorker.BlockTiles(k);
        for (int columns = 1; columns <= 100; columns++)
        {
            int block = TileWorkMiner.BlockTiles(new TileWorkShape(64, 32 * columns, k, false, false), threads);
            int blocks = (columns + block - 1) / block;
            int rounds = (blocks + threads - 1) / threads;
            Assert.That(block, Is.InRange(1, most));
            Assert.That(rounds, Is.EqualTo((columns + (most * threads) - 1) / (most * threads)), $"{columns} no more rounds than the cache asks for");
            Assert.That(threads == 1 || rounds * (block - 1) * threads < columns, Is.True, $"{columns} in shares of {block}");
        }
    }

    [Test]
    public void WinRateFollowsTheTarget([Values] bool zeros)
    {
        using var miner = new TileWorkMiner();
        var shape = new TileWorkShape(256, 256, 1024, false, false);
        sbyte[] a = zeros ? new sbyte[256 * 1024] : TileWorkBench.Operand(256 * 1024, 3);
        sbyte[] b = zeros ? new sbyte[256 * 1024] : TileWorkBench.Operand(256 * 1024, 4);
        var bench = new TileWorkBench();
        for (int salt = 0; salt < 100; salt++)
        {
            miner.Multiply(shape, a, b, new int[256 * 256], TileWorkBench.Template(TileWorkBench.EasyTarget / 64, salt), bench);
        }

        double n = miner.TicketsDrawn;
        Assert.That(n, Is.EqualTo(6400));
        double z = (bench.Certificates.Count - (n / 64)) / Math.Sqrt(n / 64 * (1 - (1.0 / 64)));
        Assert.That(Math.Abs(z), Is.LessThan(4));
        Assert.That(miner.CertificatesFound, Is.EqualTo(bench.Certificates.Count));
        Assert.That(miner.MacsTicketed, Is.EqualTo(100 * shape.PaddedMacs));
    }

    [Test]
    public void IneligibleProductsAreNamed()
    {
        sbyte[] good = new sbyte[64 * 512];
        sbyte[] bad = new sbyte[64 * 512];
        bad[7] = -64;
        var shape = new TileWorkShape(64, 64, 512, false, false);
        Assert.That(TileWorkMiner.IsEligible(shape, good, good), Is.True);
        Assert.That(TileWorkMiner.IsEligible(shape, bad, good), Is.False);
        Assert.That(TileWorkMiner.IsEligible(shape, good, bad), Is.False);
        Assert.That(TileWorkMiner.IsEligible(shape with { K = 511 }, good, good), Is.False);
        Assert.That(TileWorkMiner.IsEligible(shape with { M = 31 }, good, good), Is.False);
        Assert.That(TileWorkMiner.IsEligible(shape with { N = 31 }, good, good), Is.False);
        Assert.That(TileWorkMiner.IsEligible(shape with { K = 8193 }, good, good), Is.False);
    }

    [Test]
    public void WrongArgumentsAreRefused()
    {
        using var miner = new TileWorkMiner();
        var shape = new TileWorkShape(64, 64, 512, false, false);
        var bench = new TileWorkBench();
        WorkTemplate template = TileWorkBench.Template(1);
        sbyte[] good = new sbyte[64 * 512];
        Assert.That(() => miner.Multiply(shape, good[1..], good, new int[4096], template, bench), Throws.ArgumentException);
        Assert.That(() => miner.Multiply(shape, good, good[1..], new int[4096], template, bench), Throws.ArgumentException);
        Assert.That(() => miner.Multiply(shape, good, good, new int[4095], template, bench), Throws.ArgumentException);
        Assert.That(() => miner.Multiply(shape with { K = 0 }, good, good, new int[4096], template, bench), Throws.ArgumentException);
    }

    [Test]
    public void OperandsThatNoCertificateMayOpenAreRefused([Values(-65, 64)] int entry)
    {
        using var miner = new TileWorkMiner(TileKernelKind.Portable);
        var shape = new TileWorkShape(32, 32, 512, false, false);
        sbyte[] good = new sbyte[32 * 512];
        sbyte[] bad = new sbyte[32 * 512];
        bad[^1] = (sbyte)entry;
        var bench = new TileWorkBench();
        WorkTemplate template = TileWorkBench.Template(1);
        Assert.That(() => miner.Multiply(shape, bad, good, new int[1024], template, bench), Throws.ArgumentException);
        Assert.That(() => miner.Multiply(shape, good, bad, new int[1024], template, bench), Throws.ArgumentException);
    }

    private static void CompareWithOracle(TileWorkMiner miner, in TileWorkShape shape, int seed)
    {
        sbyte[] a = TileWorkBench.Operand(shape.M * shape.K, seed);
        sbyte[] b = TileWorkBench.Operand(shape.N * shape.K, seed + 1);
        BigInteger target = ((BigInteger.One << 256) - 1) / TileWorkParameters.UnitMacs;
        WorkTemplate template = TileWorkBench.Template(target);
        var bench = new TileWorkBench();
        int[] c = new int[shape.M * shape.N];
        miner.Multiply(shape, a, b, c, template, bench);
        Assert.That(c.AsSpan().SequenceEqual(TileWorkBench.Product(shape, a, b)), Is.True, $"product {shape}");

        var oracle = new TileWorkOracle(shape, a, b, template);
        int expected = 0;
        for (int j = 0; j < shape.TileColumns; j++)
        {
            for (int i = 0; i < shape.TileRows; i++)
            {
                for (int g = 0; g < shape.Segments; g++)
                {
                    WorkCertificate certificate = oracle.Certify(i, j, g);
                    Assert.That(WorkTarget.TryThreshold(target, shape.UnitMacs(g), out Hash256 threshold), Is.True);
                    if (oracle.Ticket(i, j, g) <= threshold)
                    {
                        WorkCertificate found = bench.Certificates[expected++];
                        Assert.That(found.PublicData.Span.SequenceEqual(certificate.PublicData.Span), Is.True, $"{shape} tile {i},{j},{g}");
                        Assert.That(found.Witness.Span.SequenceEqual(certificate.Witness.Span), Is.True, $"{shape} witness {i},{j},{g}");
                    }
                }
            }
        }

        Assert.That(bench.Certificates, Has.Count.EqualTo(expected));
        Assert.That(expected, Is.GreaterThan(0));
    }

    private sealed class NestedSink(Action multiply) : ITicketSink
    {
        public int Calls { get; private set; }

        public void Submit(WorkTemplate template, WorkCertificate certificate)
        {
            Calls++;
            multiply();
        }
    }
}
