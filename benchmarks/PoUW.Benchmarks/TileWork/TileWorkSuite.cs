using System.Numerics;
using PoUW.Compute.TileWork;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Benchmarks.TileWork;

/// <summary>
/// Ticketed multiplication end to end (commit, noise, product with snapshots, tickets, denoising) beside the same kernel without any of it,
/// and the cost of verifying a certificate.
/// </summary>
public sealed class TileWorkSuite : IRatioSuite, ITicketSink
{
    private const int Repeats = 60;
    private const double GoalGigaMacs = 5;
    private const double GoalVerifyMilliseconds = 5;

    /// <inheritdoc/>
    public string Name => "tilework";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        yield return Multiply("tilework.multiply.512x784x256", new TileWorkShape(512, 256, 784, false, false), TileKernelKind.Auto);
        yield return Multiply("tilework.multiply.784x512x256.transA", new TileWorkShape(784, 256, 512, true, false), TileKernelKind.Auto);
        yield return Multiply("tilework.multiply.1024x1024x1024", new TileWorkShape(1024, 1024, 1024, false, false), TileKernelKind.Auto);
        yield return Multiply("tilework.multiply.512x784x256.portable", new TileWorkShape(512, 256, 784, false, false), TileKernelKind.Portable);
        yield return Commons();
        yield return Verify();
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

    private RatioFigure Multiply(string name, TileWorkShape shape, TileKernelKind kind)
    {
        sbyte[] a = Operand(shape.M * shape.K, 1);
        sbyte[] b = Operand(shape.N * shape.K, 2);
        int[] c = new int[shape.M * shape.N];
        using var miner = new TileWorkMiner(kind);
        var plain = new PlainProduct(miner.Kernel, shape, a, b);
        WorkTemplate template = Template(BigInteger.One);
        (double cpu, double wall) = CpuStopwatch.Best(Repeats, () => miner.Multiply(shape, a, b, c, template, this));
        (double peerCpu, _) = CpuStopwatch.Best(Repeats, plain.Run);
        double gigaMacs = shape.PaddedMacs * 1e-9;
        return new RatioFigure(
            name, gigaMacs / cpu, $"GMAC/s ({miner.Kernel})", gigaMacs / wall, "plain kernel, no snapshots", gigaMacs / peerCpu, GoalGigaMacs);
    }

    private RatioFigure Commons()
    {
        CommonsProduct product = NetworkParameters.Development.Commons;
        using var miner = new CommonsMiner(product, new FixedTemplate(Template(BigInteger.One)), this);
        (double cpu, double wall) = CpuStopwatch.Best(Repeats, () => miner.RunOnce());
        double gigaMacs = new TileWorkShape(product.M, product.N, product.K, false, false).PaddedMacs * 1e-9;
        return new RatioFigure("tilework.commons", gigaMacs / cpu, "GMAC/s", gigaMacs / wall, "", null, GoalGigaMacs);
    }

    private static RatioFigure Verify()
    {
        var shape = new TileWorkShape(512, 256, 1024, false, false);
        var oracle = new TileWorkOracle(shape, Operand(shape.M * shape.K, 3), Operand(shape.N * shape.K, 4), 1, new byte[76]);
        WorkCertificate certificate = oracle.Certify(3, 2, 0);
        BigInteger target = ((BigInteger.One << 256) - 1) / TileWorkParameters.UnitMacs;
        (double cpu, double wall) = CpuStopwatch.Best(Repeats, () =>
        {
            ValidationResult result = WorkVerifier.Verify(Template(target), certificate, out Hash256 _);
            if (!result.IsValid)
            {
                throw new InvalidOperationException(result.ToString());
            }
        });
        return new RatioFigure("tilework.verify", cpu * 1e3, "ms a certificate", wall * 1e3, "", null, GoalVerifyMilliseconds, LowerIsBetter: true);
    }

    private sealed class FixedTemplate(WorkTemplate template) : IWorkTemplateSource
    {
        public WorkTemplate? Current => template;
    }
}
