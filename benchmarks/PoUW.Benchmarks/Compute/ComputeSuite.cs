using PoUW.Benchmarks.Peers;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
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

        yield return IntegerOverFloat(gemm);
        yield return TwoThreads(gemm);
        using OwnConvolution convolution = new(ConvolutionCase.Middle, threads: 1);
        using TorchPeer? torch = TorchPeer.TryStart();
        foreach (RatioFigure figure in ConvolutionFigures.Run(ConvolutionCase.Middle, convolution.Kernels, torch))
        {
            yield return figure;
        }

        yield return TwoThreads(convolution);
        foreach (RatioFigure figure in TrainingSuite.Run(torch))
        {
            yield return figure;
        }
    }

    /// <summary>What exact integers are worth: operations a second of the int8 product over those of the fp32 product.</summary>
    private static RatioFigure IntegerOverFloat(FloatGemm gemm)
    {
        const int Size = 1024;
        const double Goal = 1.9;
        using CpuBackend backend = new();
        var (a, b, c) = (new Tensor(TensorType.Int8, Size, Size), new Tensor(TensorType.Int8, Size, Size), new Tensor(TensorType.Int32, Size, Size));
        Operands.Fill(a.Int8, 1);
        Operands.Fill(b.Int8, 2);
        using var x = new AlignedArray<float>(Size * Size);
        using var y = new AlignedArray<float>(Size * Size);
        using var z = new AlignedArray<float>(Size * Size);
        Operands.Fill(x.Span, 1);
        Operands.Fill(y.Span, 2);
        MatMulShape shape = new(Size, Size, Size, false, false);
        SquareProduct product = Product(gemm);
        PairedResult timing = PairedTiming.Measure(() => backend.MatMul(shape, a, b, c), () => product(Size, x, y, z));
        return RatioFigure.OfRates(
            $"compute.gemm.int8-over-fp32.{Size}", 2e-9 * shape.MacCount, $"GOP/s ({backend.Kernel}, 1 thread)", timing, "own fp32 product", Goal);
    }

    private static RatioFigure TwoThreads(OwnConvolution single)
    {
        using OwnConvolution two = new(ConvolutionCase.Middle, threads: 2);
        return ThreadScaling.Measure(
            "compute.threads.conv3x3", 3e-9 * ConvolutionCase.Middle.ForwardFlops, "GFLOP/s (2 threads)", () => Both(two), () => Both(single));

        static void Both(OwnConvolution convolution)
        {
            convolution.Forward();
            convolution.Backward();
        }
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
