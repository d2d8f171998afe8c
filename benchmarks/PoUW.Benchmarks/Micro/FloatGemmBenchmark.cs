using BenchmarkDotNet.Attributes;
using PoUW.Benchmarks.Compute;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Threading;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Micro;

/// <summary>Exact single-precision products by size and kernel, on one thread.</summary>
public class FloatGemmBenchmark
{
    private float[] _a = [];
    private float[] _b = [];
    private float[] _c = [];
    private ThreadTeam? _team;
    private FloatGemm? _gemm;

    /// <summary>Rows and columns.</summary>
    [Params(64, 256, 1024)]
    public int Size { get; set; }

    /// <summary>Kernels of this machine.</summary>
    [ParamsSource(nameof(Kernels))]
    public FloatKernel Kernel { get; set; }

    /// <summary>Values of <see cref="Kernel"/>.</summary>
    public static IEnumerable<FloatKernel> Kernels => Enum.GetValues<FloatKernel>().Where(FloatGemm.IsSupported);

    [GlobalSetup]
    public void Setup()
    {
        _team = new ThreadTeam(1);
        _gemm = new FloatGemm(Kernel, _team);
        _a = new float[Size * Size];
        _b = new float[Size * Size];
        _c = new float[Size * Size];
        Operands.Fill(_a, 1);
        Operands.Fill(_b, 2);
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _gemm?.Dispose();
        _team?.Dispose();
    }

    [Benchmark]
    public void Multiply() => _gemm!.Multiply(new MatMulShape(Size, Size, Size, false, false), _a, _b, _c);
}
