using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Benchmarks.TileWork;

/// <summary>What the processor could do at most: its clock and the rate of the dot products that the int8 kernels consist of.</summary>
internal static class ProcessorLimits
{
    private const int Rounds = 5;
    private const long Steps = 4_000_000;

    /// <summary>Clock in GHz, from a chain of additions that take a cycle each.</summary>
    public static double Clock() => 8 * Steps / CpuStopwatch.Best(Rounds, static () => Chain(Steps)).CpuSeconds * 1e-9;

    /// <summary>GMAC/s of 256-bit VPDPBUSD on registers; null where the machine has no AVX-VNNI.</summary>
    public static double? DotProducts() => AvxVnni.IsSupported
        ? 12 * 32 * Steps / CpuStopwatch.Best(Rounds, static () => Dots(Steps)).CpuSeconds * 1e-9
        : null;

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static long Chain(long steps)
    {
        long x = 1;
        unchecked // The sums only have to depend on each other.
        {
            for (long i = 0; i < steps; i++)
            {
                x += x;
                x ^= i;
                x += x;
                x ^= i;
                x += x;
                x ^= i;
                x += x;
                x ^= i;
            }
        }

        return x;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int Dots(long steps)
    {
        Vector256<int> a = default, b = default, c = default, d = default, e = default, f = default;
        Vector256<int> g = default, h = default, i = default, j = default, k = default, l = default;
        Vector256<byte> x = Vector256.Create((byte)3);
        Vector256<sbyte> y = Vector256.Create((sbyte)5);
        for (long step = 0; step < steps; step++)
        {
            a = AvxVnni.MultiplyWideningAndAdd(a, x, y);
            b = AvxVnni.MultiplyWideningAndAdd(b, x, y);
            c = AvxVnni.MultiplyWideningAndAdd(c, x, y);
            d = AvxVnni.MultiplyWideningAndAdd(d, x, y);
            e = AvxVnni.MultiplyWideningAndAdd(e, x, y);
            f = AvxVnni.MultiplyWideningAndAdd(f, x, y);
            g = AvxVnni.MultiplyWideningAndAdd(g, x, y);
            h = AvxVnni.MultiplyWideningAndAdd(h, x, y);
            i = AvxVnni.MultiplyWideningAndAdd(i, x, y);
            j = AvxVnni.MultiplyWideningAndAdd(j, x, y);
            k = AvxVnni.MultiplyWideningAndAdd(k, x, y);
            l = AvxVnni.MultiplyWideningAndAdd(l, x, y);
        }

        return Vector256.Sum(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i ^ j ^ k ^ l);
    }
}
