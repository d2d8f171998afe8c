using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.Integers;

/// <summary>
/// Elementwise kernels, bit-equal to the scalar definitions. They work on whole blocks of 64 elements; callers pad the rest with zeros.
/// </summary>
internal static class VectorKernels
{
    /// <summary>Elements of a block.</summary>
    public const int Block = 64;

    private const int Lane = 16;

    /// <summary>clip(RoundShift(x, shift), +-limit).</summary>
    public static void Requantise(Span<sbyte> result, ReadOnlySpan<int> source, int shift, int limit)
    {
        Vector512<int> high = Vector512.Create(limit);
        for (int i = 0; i < source.Length; i += Block)
        {
            ReadOnlySpan<int> block = source[i..];
            Narrow(
                RoundShift(Load(block, 0), shift, high), RoundShift(Load(block, 1), shift, high),
                RoundShift(Load(block, 2), shift, high), RoundShift(Load(block, 3), shift, high), result[i..]);
        }
    }

    /// <summary>clip(Psto(x, shift), +-limit).</summary>
    public static void StochasticRound(Span<sbyte> result, ReadOnlySpan<int> source, int shift, int limit)
    {
        Vector512<int> high = Vector512.Create(limit);
        for (int i = 0; i < source.Length; i += Block)
        {
            ReadOnlySpan<int> block = source[i..];
            Narrow(
                Psto(Load(block, 0), shift, high), Psto(Load(block, 1), shift, high),
                Psto(Load(block, 2), shift, high), Psto(Load(block, 3), shift, high), result[i..]);
        }
    }

    /// <summary>Largest magnitude.</summary>
    public static long MaxAbs(ReadOnlySpan<int> source)
    {
        Vector512<uint> largest = Vector512<uint>.Zero;
        for (int i = 0; i < source.Length; i += Block)
        {
            ReadOnlySpan<int> block = source[i..];

            // The magnitude of -2^31 wraps to itself, which is right as an unsigned number.
            Vector512<uint> left = Vector512.Max(Vector512.Abs(Load(block, 0)).AsUInt32(), Vector512.Abs(Load(block, 1)).AsUInt32());
            Vector512<uint> right = Vector512.Max(Vector512.Abs(Load(block, 2)).AsUInt32(), Vector512.Abs(Load(block, 3)).AsUInt32());
            largest = Vector512.Max(largest, Vector512.Max(left, right));
        }

        uint result = 0;
        for (int i = 0; i < Lane; i++)
        {
            result = Math.Max(result, largest[i]);
        }

        return result;
    }

    /// <summary>source where gate is above zero, else zero.</summary>
    public static void Mask(Span<sbyte> result, ReadOnlySpan<sbyte> source, ReadOnlySpan<sbyte> gate)
    {
        for (int i = 0; i < source.Length; i += Block)
        {
            Vector512<sbyte> open = Vector512.GreaterThan(Vector512.Create(gate.Slice(i, Block)), Vector512<sbyte>.Zero);
            (Vector512.Create(source.Slice(i, Block)) & open).CopyTo(result[i..]);
        }
    }

    /// <summary>Integer momentum, modulo 2^32.</summary>
    public static void Momentum(
        Span<int> weight, Span<int> velocity, ReadOnlySpan<sbyte> gradient, int decay, int rate, int limit)
    {
        Vector512<int> high = Vector512.Create(limit);
        Vector512<int> rates = Vector512.Create(rate);
        for (int i = 0; i < gradient.Length; i += Block)
        {
            (Vector512<short> low, Vector512<short> up) = Vector512.Widen(Vector512.Create(gradient.Slice(i, Block)));
            (Vector512<int> g0, Vector512<int> g1) = Vector512.Widen(low);
            (Vector512<int> g2, Vector512<int> g3) = Vector512.Widen(up);
            Step(weight[i..], velocity[i..], 0, g0 * rates, decay, high);
            Step(weight[i..], velocity[i..], 1, g1 * rates, decay, high);
            Step(weight[i..], velocity[i..], 2, g2 * rates, decay, high);
            Step(weight[i..], velocity[i..], 3, g3 * rates, decay, high);
        }
    }

    private static void Step(Span<int> weight, Span<int> velocity, int part, Vector512<int> scaled, int decay, Vector512<int> high)
    {
        Vector512<int> v = Load(velocity, part);
        v = v - (v >> decay) + (scaled >> decay);
        v.CopyTo(velocity[(part * Lane)..]);
        Clip(Load(weight, part) - v, high).CopyTo(weight[(part * Lane)..]);
    }

    /// <summary>(x + 2^(shift-1)) >> shift without the overflow of the sum.</summary>
    private static Vector512<int> RoundShift(Vector512<int> x, int shift, Vector512<int> high)
    {
        Vector512<int> rounded = shift == 0 ? x : (x >> shift) + ((x >> (shift - 1)) & Vector512<int>.One);
        return Clip(rounded, high);
    }

    private static Vector512<int> Psto(Vector512<int> x, int shift, Vector512<int> high)
    {
        int lowBits = shift / 2;
        Vector512<uint> magnitude = Vector512.Abs(x).AsUInt32();
        Vector512<uint> rest = magnitude & Vector512.Create((1u << shift) - 1);
        Vector512<uint> low = (rest & Vector512.Create((1u << lowBits) - 1)) << (shift & 1);

        // Both halves are below 2^31, so the signed comparison is right; true is -1.
        Vector512<int> up = Vector512.GreaterThan((rest >> lowBits).AsInt32(), low.AsInt32());
        Vector512<uint> quotient = Vector512.Min((magnitude >> shift) - up.AsUInt32(), high.AsUInt32());
        Vector512<int> sign = x >> 31;
        return (quotient.AsInt32() ^ sign) - sign;
    }

    private static Vector512<int> Clip(Vector512<int> x, Vector512<int> high) => Vector512.Max(-high, Vector512.Min(high, x));

    private static Vector512<int> Load(ReadOnlySpan<int> block, int part) =>
        Vector512.LoadUnsafe(ref Unsafe.Add(ref MemoryMarshal.GetReference(block), part * Lane));

    private static void Narrow(Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d, Span<sbyte> result) =>
        Vector512.Narrow(Vector512.Narrow(a, b), Vector512.Narrow(c, d)).CopyTo(result);
}
