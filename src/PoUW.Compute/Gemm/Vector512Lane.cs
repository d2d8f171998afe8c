using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Gemm;

/// <summary>512-bit vectors of AVX-512 F: 12 x 2 accumulators of the 32 registers.</summary>
internal readonly unsafe struct Vector512Lane : IFmaLane<Vector512<float>>
{
    private const int Quads = 4;

    public static int Width => Vector512<float>.Count;

    public static int Rows => 12;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float* source) => Vector512.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> sum) =>
        Avx512F.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Canonical(Vector512<float> value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, value), value, Vector512.Create(0x7FC00000u).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address) => Sse.Prefetch0(address);

    /// <summary>Four strips of four columns: 4 x 4 blocks are transposed inside the 128-bit parts, which are gathered from the rows.</summary>
    public static void Transpose(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        unchecked // Pointers stay inside the two blocks.
        {
            for (int strip = 0; strip < Quads; strip++)
            {
                Vector512<float> r0 = Rows4(source, sourceStride);
                Vector512<float> r1 = Rows4(source + sourceStride, sourceStride);
                Vector512<float> r2 = Rows4(source + (2 * sourceStride), sourceStride);
                Vector512<float> r3 = Rows4(source + (3 * sourceStride), sourceStride);
                Vector512<double> low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
                Vector512<double> high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
                Vector512<double> low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
                Vector512<double> high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
                Avx512F.UnpackLow(low01, low23).AsSingle().Store(destination);
                Avx512F.UnpackHigh(low01, low23).AsSingle().Store(destination + destinationStride);
                Avx512F.UnpackLow(high01, high23).AsSingle().Store(destination + (2 * destinationStride));
                Avx512F.UnpackHigh(high01, high23).AsSingle().Store(destination + (3 * destinationStride));
                source += Quads;
                destination += Quads * destinationStride;
            }
        }
    }

    /// <summary>Four columns of the rows 0, 4, 8, 12, one row in each 128-bit part.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Rows4(float* source, nint stride)
    {
        unchecked // Inside the block of the caller.
        {
            Vector256<float> low = Vector256.Create(Vector128.Load(source), Vector128.Load(source + (4 * stride)));
            Vector256<float> high = Vector256.Create(Vector128.Load(source + (8 * stride)), Vector128.Load(source + (12 * stride)));
            return Vector512.Create(low, high);
        }
    }
}
