using PoUW.Benchmarks.Peers;

namespace PoUW.Benchmarks.Compute;

/// <summary>Single-precision products beside OpenBLAS, one thread each, on square matrices.</summary>
public static class FloatGemmFigures
{
    private static readonly (int Size, double Goal)[] Cases = [(64, 0.80), (512, 0.95), (1024, 0.95), (1536, 0.90), (2048, 0.90)];

    /// <summary>Measures every size; the products of both sides are compared first.</summary>
    /// <param name="own">Own kernel; null measures the peer alone.</param>
    /// <param name="peer">The peer, or null where it is absent.</param>
    public static IEnumerable<RatioFigure> Run(SquareProduct? own, OpenBlas? peer)
    {
        foreach ((int n, double goal) in Cases)
        {
            yield return Measure(own, peer, n, goal);
        }
    }

    private static unsafe RatioFigure Measure(SquareProduct? own, OpenBlas? peer, int n, double goal)
    {
        using var a = new AlignedArray<float>(n * n);
        using var b = new AlignedArray<float>(n * n);
        using var c = new AlignedArray<float>(n * n);
        using var peerC = new AlignedArray<float>(n * n);
        Operands.Fill(a.Span, 1);
        Operands.Fill(b.Span, 2);
        Action? ours = own is null ? null : () => own(n, a, b, c);
        Action? other = peer is null ? null : () => peer.Multiply(n, n, n, a.Pointer, b.Pointer, peerC.Pointer);
        ours?.Invoke();
        other?.Invoke();
        if (own is not null && peer is not null)
        {
            RequireClose(c.Span, peerC.Span, 1e-5f * MathF.Sqrt(n), n);
        }

        PairedResult timing = PairedTiming.Measure(ours, other);
        string peerName = peer is null ? OpenBlas.ShortName : $"{peer.Description}, 1 thread";
        return RatioFigure.OfRates($"compute.gemm.fp32.{n}", 2e-9 * n * n * n, "GFLOP/s (1 thread)", timing, peerName, own is null ? null : goal);
    }

    /// <summary>The two sides add up in different orders, so they differ by rounding only.</summary>
    private static void RequireClose(ReadOnlySpan<float> own, ReadOnlySpan<float> peer, float tolerance, int n)
    {
        for (int i = 0; i < own.Length; i++)
        {
            if (!(MathF.Abs(own[i] - peer[i]) <= tolerance))
            {
                throw new InvalidOperationException($"The products of {n} x {n} differ at {i}: {own[i]} against {peer[i]}.");
            }
        }
    }
}
