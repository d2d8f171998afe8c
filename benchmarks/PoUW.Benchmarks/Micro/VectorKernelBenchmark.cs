using BenchmarkDotNet.Attributes;
using PoUW.Benchmarks.Compute;
using PoUW.Compute.Backends;
using PoUW.Vm.Backends;
using PoUW.Vm.Bytecode;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Micro;

/// <summary>Elementwise operations of a training step, on the fast backend and on the definition that it must equal.</summary>
public class VectorKernelBenchmark
{
    private const int Length = 1 << 16;

    private readonly Tensor _bytes = new(TensorType.Int8, Length, 1);
    private readonly Tensor _otherBytes = new(TensorType.Int8, Length, 1);
    private readonly Tensor _words = new(TensorType.Int32, Length, 1);
    private readonly Tensor _otherWords = new(TensorType.Int32, Length, 1);
    private ITensorBackend? _backend;

    /// <summary>Whether the scalar definition runs instead of the fast backend.</summary>
    [Params(false, true)]
    public bool Scalar { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _backend = Scalar ? new ScalarBackend() : new CpuBackend();
        Operands.Fill(_bytes.Int8, 1);
        var random = new Random(2);
        foreach (ref int word in _words.Int32)
        {
            word = random.Next(-(1 << 20), 1 << 20);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => (_backend as IDisposable)?.Dispose();

    [Benchmark]
    public void Requantise() =>
        _backend!.VectorOp(new VectorOperation(VectorOpcode.RequantiseShift, 63, 0, 14), new VectorOperands(_otherBytes, _words));

    [Benchmark]
    public void StochasticRound() =>
        _backend!.VectorOp(new VectorOperation(VectorOpcode.StochasticRoundShift, 63, 0, 14), new VectorOperands(_otherBytes, _words));

    [Benchmark]
    public long MaxAbs() => _backend!.VectorOp(new VectorOperation(VectorOpcode.MaxAbs), new VectorOperands(_words));

    [Benchmark]
    public void Relu() => _backend!.VectorOp(new VectorOperation(VectorOpcode.Relu), new VectorOperands(_otherBytes, _bytes));

    [Benchmark]
    public void Momentum() =>
        _backend!.VectorOp(
            new VectorOperation(VectorOpcode.MomentumUpdate, 3, 0, 4, 1 << 20), new VectorOperands(_words, _otherWords, _bytes));
}
