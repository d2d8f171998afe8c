using BenchmarkDotNet.Attributes;
using PoUW.Benchmarks.Compute;
using PoUW.Compute.Backends;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Operations.Integer;
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
    private readonly Tensor _floats = new(TensorType.Float32, Length, 1);
    private readonly Tensor _otherFloats = new(TensorType.Float32, Length, 1);
    private ITensorBackend? _backend;

    /// <summary>Whether the scalar definition runs instead of the fast backend.</summary>
    [Params(false, true)]
    public bool Scalar { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _backend = Scalar ? new ScalarBackend() : new CpuBackend();
        Operands.Fill(_bytes.Int8, 1);
        Operands.Fill(_floats.Float32, 3);
        var random = new Random(2);
        foreach (ref int word in _words.Int32)
        {
            word = random.Next(-(1 << 20), 1 << 20);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => (_backend as IDisposable)?.Dispose();

    [Benchmark]
    public void Requantise() => Run(IntegerOps.RequantiseShift, [63], [14], _otherBytes, _words);

    [Benchmark]
    public void StochasticRound() => Run(IntegerOps.StochasticRoundShift, [63], [14], _otherBytes, _words);

    [Benchmark]
    public long MaxAbs() => Run(IntegerOps.MaxAbs, [], [], _words);

    [Benchmark]
    public void Relu() => Run(IntegerOps.Relu, [], [], _otherBytes, _bytes);

    [Benchmark]
    public void Momentum() => Run(IntegerOps.MomentumUpdate, [3], [4, 1 << 20], _words, _otherWords, _bytes);

    [Benchmark]
    public void Exp() => Run(FloatElementwiseOps.Exp, [], [], _otherFloats, _floats);

    [Benchmark]
    public void AddFloats() => Run(FloatElementwiseOps.Add, [], [], _otherFloats, _otherFloats, _floats);

    private long Run(TensorOp operation, ReadOnlySpan<int> immediates, ReadOnlySpan<long> arguments, params ReadOnlySpan<Tensor> operands) =>
        _backend!.Run(operation, new TensorCall(operands, immediates, arguments));
}
