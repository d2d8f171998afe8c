using System.Numerics;
using PoUW.Compute.Backends;
using PoUW.Compute.TileWork;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.TileWork;

/// <summary>
/// What tickets cost: ticketed products (commit, noise, product with snapshots, tickets, denoising) beside our own plain ones, packing
/// included on both sides, and the size and the verification of certificates.
/// </summary>
public sealed class TileWorkSuite : IRatioSuite, ITicketSink
{
    private const int Repeats = 60;
    private const int CertificateEdge = 4096;
    private const int Mutations = 10_000;
    private const double GoalOverFloat = 1.9;
    private const double GoalGigaMacs = 5;
    private const double GoalCertificateKilobytes = 73;
    private const double GoalVerifyMilliseconds = 1;
    private const double GoalRejectMilliseconds = 1.5;
    private const double GoalRejectBytes = 256 * 1024;

    /// <summary>Edges of the square products, rounds of measuring, and the largest overhead in per cent.</summary>
    private static readonly (int Size, int Rounds, double Goal)[] Sizes = [(512, 150, 50), (1024, 40, 30), (2048, 8, 20), (4096, 3, 16)];

    /// <inheritdoc/>
    public string Name => "tilework";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        yield return new RatioFigure("tilework.clock", ProcessorLimits.Clock(), "GHz", null, "", null, null);
        yield return new RatioFigure("tilework.limit.vpdpbusd", ProcessorLimits.DotProducts(), "GMAC/s", null, "", null, null);
        foreach ((int size, int rounds, double goal) in Sizes)
        {
            foreach (RatioFigure figure in Overhead(size, rounds, goal))
            {
                yield return figure;
            }
        }

        yield return Multiply("tilework.multiply.512x784x256", new TileWorkShape(512, 256, 784, false, false), TileKernelKind.Auto);
        yield return Multiply("tilework.multiply.784x512x256.transA", new TileWorkShape(784, 256, 512, true, false), TileKernelKind.Auto);
        yield return Multiply("tilework.multiply.512x784x256.portable", new TileWorkShape(512, 256, 784, false, false), TileKernelKind.Portable);
        yield return Commons();
        foreach (RatioFigure figure in Certificates())
        {
            yield return figure;
        }
    }

    /// <inheritdoc/>
    public void Submit(WorkTemplate template, WorkCertificate certificate)
    {
    }

    private static sbyte[] Operand(int length, uint seed)
    {
        sbyte[] values = new sbyte[length];
        uint x = seed;
        for (int i = 0; i < length; i++)
        {
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            values[i] = (sbyte)((int)(x % 127) - 63);
        }

        return values;
    }

    private static WorkTemplate Template(BigInteger target) => WorkTemplate.Unbound(1, new byte[76], target);

    /// <summary>The kernel that takes all int8 operands; noised ones use the whole range.</summary>
    private static CpuKernel GeneralKernel() =>
        CpuBackend.IsSupported(CpuKernel.AvxVnni) ? CpuKernel.AvxVnni
        : CpuBackend.IsSupported(CpuKernel.Avx512) ? CpuKernel.Avx512
        : CpuBackend.IsSupported(CpuKernel.Avx2) ? CpuKernel.Avx2 : CpuKernel.Portable;

    // The sides take turns, so that all see the same clock and the same neighbours.
    private RatioFigure[] Overhead(int size, int rounds, double goal)
    {
        using var general = new CpuBackend(GeneralKernel());
        using var best = new CpuBackend();
        using var ticketed = new TileWorkBackend(general, new FixedTemplate(Template(BigInteger.One)), this);
        var integers = new LayerStep(size, TensorType.Int8);
        var floats = new LayerStep(size, TensorType.Float32);
        (LayerStep Step, ITensorBackend Backend)[] sides = [(integers, general), (integers, ticketed), (integers, best), (floats, best)];
        double[] cpu = [.. sides.Select(static _ => double.MaxValue)];
        double[] wall = [.. cpu];
        foreach ((LayerStep step, ITensorBackend backend) in sides)
        {
            WarmUp(() => step.Run(backend));
        }

        for (int round = 0; round < rounds; round++)
        {
            for (int side = 0; side < sides.Length; side++)
            {
                (LayerStep step, ITensorBackend backend) = sides[side];
                (double c, double w) = Time(() => step.Run(backend));
                (cpu[side], wall[side]) = (Math.Min(cpu[side], c), Math.Min(wall[side], w));
            }
        }

        double work = LayerStep.Products * Math.Pow(size, 3) * 1e-9;
        double Over(double[] time, int peer) => 100 * ((time[1] / time[peer]) - 1);
        return
        [
            new($"tilework.plain.{size}", work / cpu[0], $"GMAC/s ({general.Kernel})", work / wall[0], "our fp32 product", work / cpu[3], GoalOverFloat, GoalOnRatio: true),
            new($"tilework.plain-narrow.{size}", work / cpu[2], $"GMAC/s ({best.Kernel})", work / wall[2], "our fp32 product", work / cpu[3], null, GoalOnRatio: true),
            new($"tilework.ticketed.{size}", work / cpu[1], "GMAC/s", work / wall[1], $"plain, {general.Kernel}", work / cpu[0], null, GoalOnRatio: true),
            new($"tilework.overhead.{size}", Over(cpu, 0), "% over plain", Over(wall, 0), "", null, goal, LowerIsBetter: true),
            new($"tilework.overhead-narrow.{size}", Over(cpu, 2), "% over plain-narrow", Over(wall, 2), "", null, null, LowerIsBetter: true),
        ];
    }

    private static void WarmUp(Action work)
    {
        double start = CpuStopwatch.ThreadCpuSeconds();
        work();
        for (int i = 0; i < Repeats && CpuStopwatch.ThreadCpuSeconds() - start < 0.3; i++)
        {
            work();
        }
    }

    private static (double Cpu, double Wall) Time(Action work)
    {
        double start = CpuStopwatch.ThreadCpuSeconds();
        long wall = System.Diagnostics.Stopwatch.GetTimestamp();
        work();
        double elapsed = System.Diagnostics.Stopwatch.GetElapsedTime(wall).TotalSeconds;
        return (OperatingSystem.IsLinux() ? CpuStopwatch.ThreadCpuSeconds() - start : elapsed, elapsed);
    }

    private RatioFigure Multiply(string name, TileWorkShape shape, TileKernelKind kind)
    {
        sbyte[] a = Operand(shape.M * shape.K, 1);
        sbyte[] b = Operand(shape.N * shape.K, 2);
        int[] c = new int[shape.M * shape.N];
        using var miner = new TileWorkMiner(kind);
        WorkTemplate template = Template(BigInteger.One);
        (double cpu, double wall) = CpuStopwatch.Best(Repeats, () => miner.Multiply(shape, a, b, c, template, this));
        double gigaMacs = shape.PaddedMacs * 1e-9;
        return new RatioFigure(name, gigaMacs / cpu, $"GMAC/s, both operands hashed ({miner.Kernel})", gigaMacs / wall, "", null, GoalGigaMacs);
    }

    private RatioFigure Commons()
    {
        CommonsProduct product = NetworkParameters.Development.Commons;
        using var miner = new CommonsMiner(product, new FixedTemplate(Template(BigInteger.One)), this);
        (double cpu, double wall) = CpuStopwatch.Best(Repeats, () => miner.RunOnce());
        double gigaMacs = new TileWorkShape(product.M, product.N, product.K, false, false).PaddedMacs * 1e-9;
        return new RatioFigure("tilework.commons", gigaMacs / cpu, "GMAC/s", gigaMacs / wall, "", null, GoalGigaMacs);
    }

    private static IEnumerable<RatioFigure> Certificates()
    {
        var shape = new TileWorkShape(CertificateEdge, CertificateEdge, CertificateEdge, false, false);
        WorkTemplate template = Template(((BigInteger.One << 256) - 1) / TileWorkParameters.UnitMacs);
        var oracle = new TileWorkOracle(shape, Operand(shape.M * shape.K, 3), Operand(shape.N * shape.K, 4), template);
        WorkCertificate certificate = oracle.Certify(77, 33, 2);
        double kilobytes = (certificate.PublicData.Length + certificate.Witness.Length) / 1024.0;
        yield return new RatioFigure("tilework.certificate", kilobytes, "KiB", null, "", null, GoalCertificateKilobytes, LowerIsBetter: true);
        (double cpu, double wall) = CpuStopwatch.Best(Repeats, () =>
        {
            ValidationResult result = WorkVerifier.Verify(template, certificate, out Hash256 _);
            if (!result.IsValid)
            {
                throw new InvalidOperationException(result.ToString());
            }
        });
        yield return new RatioFigure("tilework.verify", cpu * 1e3, "ms a certificate", wall * 1e3, "", null, GoalVerifyMilliseconds, LowerIsBetter: true);
        (double milliseconds, long bytes) = Rejections(template, certificate);
        yield return new RatioFigure("tilework.reject.p99", milliseconds, "ms a rejection", null, "", null, GoalRejectMilliseconds, LowerIsBetter: true);
        yield return new RatioFigure("tilework.reject.allocated", bytes, "bytes at most", null, "", null, GoalRejectBytes, LowerIsBetter: true);
    }

    // One bit of the certificate is flipped, half of the time in the public data; or its witness is cut.
    private static (double P99Milliseconds, long MaxBytes) Rejections(WorkTemplate template, WorkCertificate certificate)
    {
        var random = new Random(1);
        double[] times = new double[Mutations];
        long most = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] data = certificate.PublicData.ToArray();
            byte[] witness = certificate.Witness.ToArray();
            byte[] flipped = i % 2 == 0 ? data : witness;
            flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            var mutant = new WorkCertificate(data, i % 16 == 0 ? witness.AsMemory(0, random.Next(witness.Length)) : witness);
            long before = GC.GetAllocatedBytesForCurrentThread();
            (double cpu, _) = Time(() =>
            {
                if (WorkVerifier.Verify(template, mutant, out _).IsValid)
                {
                    throw new InvalidOperationException("A mutated certificate is accepted.");
                }
            });
            times[i] = cpu * 1e3;
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Array.Sort(times);
        return (times[Mutations * 99 / 100], most);
    }

    private sealed class FixedTemplate(WorkTemplate template) : IWorkTemplateSource
    {
        public WorkTemplate? Current => template;

        public bool IsCurrent(WorkTemplate asked) => true;
    }
}
