using PoUW.Benchmarks.Peers;
using PoUW.Compute.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Compute;

/// <summary>Exact integer products of the tensor backend beside oneDNN, one thread each, on square matrices.</summary>
public static class Int8GemmFigures
{
    // oneDNN has the 512-bit byte products that .NET does not offer; half of its rate is what 256 bits can give.
    private const double Goal = 0.45;

    private static readonly int[] Sizes = [512, 1024];

    /// <summary>Measures every size; the products of both sides are compared first.</summary>
    /// <param name="peer">The peer, or null where it is absent.</param>
    public static IEnumerable<RatioFigure> Run(OneDnn? peer)
    {
        using var backend = new CpuBackend();
        foreach (int n in Sizes)
        {
            yield return Measure(backend, peer, n);
        }
    }

    private static unsafe RatioFigure Measure(CpuBackend backend, OneDnn? peer, int n)
    {
        var (a, b, c) = (new Tensor(TensorType.Int8, n, n), new Tensor(TensorType.Int8, n, n), new Tensor(TensorType.Int32, n, n));
        Operands.Fill(a.Int8, 1);
        Operands.Fill(b.Int8, 2);
        using var peerA = new AlignedArray<sbyte>(n * n);
        using var peerB = new AlignedArray<sbyte>(n * n);
        using var peerC = new AlignedArray<int>(n * n);
        a.Int8.CopyTo(peerA.Span);
        b.Int8.CopyTo(peerB.Span);
        var shape = new MatMulShape(n, n, n, false, false);
        Action own = () => backend.MatMul(shape, a, b, c);
        Action? other = peer is null ? null : () => peer.Multiply(n, n, n, peerA.Pointer, peerB.Pointer, peerC.Pointer);
        own();
        other?.Invoke();
        if (peer is not null && !c.Int32.SequenceEqual(peerC.Span))
        {
            throw new InvalidOperationException($"The products of {n} x {n} differ from {peer.Description}.");
        }

        string name = $"compute.gemm.int8.{n}";
        string unit = $"GOP/s ({backend.Kernel}, 1 thread)";
        return RatioFigure.OfRates(name, 2e-9 * shape.MacCount, unit, PairedTiming.Measure(own, other), peer?.Description ?? OneDnn.ShortName, Goal);
    }
}
