using PoUW.Benchmarks.Peers;
using PoUW.Compute.Gemm;
using PoUW.Compute.Threading;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Compute;

/// <summary>Kernels of PoUW.Compute beside the native libraries of their kind.</summary>
public sealed class ComputeSuite : IRatioSuite
{
    /// <inheritdoc/>
    public string Name => "compute";

    /// <inheritdoc/>
    public IEnumerable<RatioFigure> Run()
    {
        PeerEnvironment.Clean();
        foreach (RatioFigure figure in Int8GemmFigures.Run(OneDnn.TryLoad()))
        {
            yield return figure;
        }

        using var team = new ThreadTeam(1);
        using var gemm = new FloatGemm(team);
        foreach (RatioFigure figure in FloatGemmFigures.Run(Product(gemm), OpenBlas.TryLoad()))
        {
            yield return figure;
        }

        yield return TwoThreads(gemm);
    }

    private static SquareProduct Product(FloatGemm gemm) =>
        (n, a, b, c) => gemm.Multiply(new MatMulShape(n, n, n, false, false), a.Span, b.Span, c.Span);

    private static RatioFigure TwoThreads(FloatGemm single)
    {
        const int Size = 1024;
        using var team = new ThreadTeam(2);
        using var gemm = new FloatGemm(team);
        using var a = new AlignedArray<float>(Size * Size);
        using var b = new AlignedArray<float>(Size * Size);
        using var c = new AlignedArray<float>(Size * Size);
        Operands.Fill(a.Span, 1);
        Operands.Fill(b.Span, 2);
        (SquareProduct two, SquareProduct one) = (Product(gemm), Product(single));
        return ThreadScaling.Measure(
            $"compute.threads.gemm.fp32.{Size}", 2e-9 * Size * Size * Size, "GFLOP/s (2 threads)", () => two(Size, a, b, c), () => one(Size, a, b, c));
    }
}
