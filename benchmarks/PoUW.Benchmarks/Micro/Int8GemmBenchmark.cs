using BenchmarkDotNet.Attributes;
using PoUW.Benchmarks.Compute;
using PoUW.Compute.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Micro;

/// <summary>Exact integer products by size and kernel.</summary>
public class Int8GemmBenchmark
{
    private readonly Tensor[] _operands = new Tensor[3];
    private CpuBackend? _backend;

    /// <summary>Rows and columns.</summary>
    [Params(64, 256, 1024)]
    public int Size { get; set; }

    /// <summary>Kernels of this machine.</summary>
    [ParamsSource(nameof(Kernels))]
    public CpuKernel Kernel { get; set; }

    /// <summary>Values of <see cref="Kernel"/>.</summary>
    public static IEnumerable<CpuKernel> Kernels => Enum.GetValues<CpuKernel>().Where(CpuBackend.IsSupported);

    [GlobalSetup]
    public void Setup()
    {
        _backend = new CpuBackend(Kernel);
        _operands[0] = new Tensor(TensorType.Int8, Size, Size);
        _operands[1] = new Tensor(TensorType.Int8, Size, Size);
        _operands[2] = new Tensor(TensorType.Int32, Size, Size);
        Operands.Fill(_operands[0].Int8, 1);
        Operands.Fill(_operands[1].Int8, 2);
    }

    [GlobalCleanup]
    public void Cleanup() => _backend?.Dispose();

    [Benchmark]
    public void MatMul() => _backend!.MatMul(new MatMulShape(Size, Size, Size, false, false), _operands[0], _operands[1], _operands[2]);
}
