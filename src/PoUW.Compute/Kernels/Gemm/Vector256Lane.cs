using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>256-bit vectors of AVX2 and FMA: 6 x 2 accumulators of the 16 registers.</summary>
internal readonly unsafe struct Vector256Lane : IFmaLane<Vector256<float>>
{
    private const int Quads = 2;

    public static int Width => Vector256<float>.Count;

    public static int Rows => 6;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadFirst(float* source, int count) => Avx.MaskLoad(source, First(count));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector256<float> value, float* destination, int count) => Avx.MaskStore(destination, First(count), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float* source) => Vector256.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> sum) =>
        Fma.MultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Canonical(Vector256<float> value) =>
        Vector256.ConditionalSelect(Vector256.Equals(value, value), value, Vector256.Create(0x7FC00000u).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address) => Sse.Prefetch0(address);

    /// <summary>Two strips of four columns: 4 x 4 blocks are transposed inside the 128-bit parts, which are gathered from the rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        unchecked // Pointers stay inside the two blocks.
        {
            for (int strip = 0; strip < Quads; strip++)
            {
                Vector256<float> r0 = Rows2(source, sourceStride);
                Vector256<float> r1 = Rows2(source + sourceStride, sourceStride);
                Vector256<float> r2 = Rows2(source + (2 * sourceStride), sourceStride);
                Vector256<float> r3 = Rows2(source + (3 * sourceStride), sourceStride);
                Vector256<double> low01 = Avx.UnpackLow(r0, r1).AsDouble();
                Vector256<double> high01 = Avx.UnpackHigh(r0, r1).AsDouble();
                Vector256<double> low23 = Avx.UnpackLow(r2, r3).AsDouble();
                Vector256<double> high23 = Avx.UnpackHigh(r2, r3).AsDouble();
                Avx.UnpackLow(low01, low23).AsSingle().Store(destination);
                Avx.UnpackHigh(low01, low23).AsSingle().Store(destination + destinationStride);
                Avx.UnpackLow(high01, high23).AsSingle().Store(destination + (2 * destinationStride));
                Avx.UnpackHigh(high01, high23).AsSingle().Store(destination + (3 * destinationStride));
                source += 4;
                destination += 4 * destinationStride;
            }
        }
    }

    /// <summary>Four columns of the rows 0 and 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Rows2(float* source, nint stride)
    {
        unchecked // Inside the block of the caller.
        {
            return Vector256.Create(Vector128.Load(source), Vector128.Load(source + (4 * stride)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> First(int count) => Vector256.LessThan(Vector256<int>.Indices, Vector256.Create(count)).AsSingle();
}
