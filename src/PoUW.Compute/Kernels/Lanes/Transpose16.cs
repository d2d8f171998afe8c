using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Kernels.Lanes;

/// <summary>
/// Transposes 16 x 16 floats in the registers of AVX-512: every line of memory is touched once, so rows that lie a power of two apart do
/// not drive each other out of the cache.
/// </summary>
internal static unsafe class Transpose16
{
    private const byte Even = 0x88;
    private const byte Odd = 0xDD;

    /// <summary>Strides are in floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Run(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        unchecked // Inside the two blocks.
        {
            nint band = 4 * sourceStride;
            (Vector512<float> a0, Vector512<float> a1, Vector512<float> a2, Vector512<float> a3) = Quad(source, sourceStride);
            (Vector512<float> b0, Vector512<float> b1, Vector512<float> b2, Vector512<float> b3) = Quad(source + band, sourceStride);
            (Vector512<float> c0, Vector512<float> c1, Vector512<float> c2, Vector512<float> c3) = Quad(source + (2 * band), sourceStride);
            (Vector512<float> d0, Vector512<float> d1, Vector512<float> d2, Vector512<float> d3) = Quad(source + (3 * band), sourceStride);
            Spread(a0, b0, c0, d0, destination, destinationStride);
            Spread(a1, b1, c1, d1, destination + destinationStride, destinationStride);
            Spread(a2, b2, c2, d2, destination + (2 * destinationStride), destinationStride);
            Spread(a3, b3, c3, d3, destination + (3 * destinationStride), destinationStride);
        }
    }

    /// <summary>Of four rows: element k of the result holds in its 128-bit part p column 4p + k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> C0, Vector512<float> C1, Vector512<float> C2, Vector512<float> C3) Quad(float* source, nint stride)
    {
        unchecked // Inside the block.
        {
            Vector512<float> r0 = Vector512.Load(source);
            Vector512<float> r1 = Vector512.Load(source + stride);
            Vector512<float> r2 = Vector512.Load(source + (2 * stride));
            Vector512<float> r3 = Vector512.Load(source + (3 * stride));
            Vector512<double> low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
            Vector512<double> high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
            Vector512<double> low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
            Vector512<double> high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
            return (
                Avx512F.UnpackLow(low01, low23).AsSingle(),
                Avx512F.UnpackHigh(low01, low23).AsSingle(),
                Avx512F.UnpackLow(high01, high23).AsSingle(),
                Avx512F.UnpackHigh(high01, high23).AsSingle());
        }
    }

    /// <summary>Writes four columns, four apart, from the parts of the four bands of rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(
        Vector512<float> a, Vector512<float> b, Vector512<float> c, Vector512<float> d, float* destination, nint stride)
    {
        unchecked // Inside the block.
        {
            Vector512<float> even = Avx512F.Shuffle4x128(a, b, Even);
            Vector512<float> odd = Avx512F.Shuffle4x128(a, b, Odd);
            Vector512<float> evenLast = Avx512F.Shuffle4x128(c, d, Even);
            Vector512<float> oddLast = Avx512F.Shuffle4x128(c, d, Odd);
            Avx512F.Shuffle4x128(even, evenLast, Even).Store(destination);
            Avx512F.Shuffle4x128(odd, oddLast, Even).Store(destination + (4 * stride));
            Avx512F.Shuffle4x128(even, evenLast, Odd).Store(destination + (8 * stride));
            Avx512F.Shuffle4x128(odd, oddLast, Odd).Store(destination + (12 * stride));
        }
    }
}
