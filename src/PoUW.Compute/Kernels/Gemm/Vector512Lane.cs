using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Vector = System.Runtime.Intrinsics.Vector512<float>;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>512-bit vectors of AVX-512 F: 12 x 2 accumulators of the 32 registers.</summary>
internal readonly unsafe struct Vector512Lane : IFmaLane<Vector>
{
    private const int Quad = 4;
    private const byte LowParts = 0b01_00_01_00;
    private const byte HighParts = 0b11_10_11_10;
    private const byte EvenParts = 0b10_00_10_00;
    private const byte OddParts = 0b11_01_11_01;

    public static int Width => Vector.Count;

    public static int Rows => 12;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Load(float* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector value, float* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector LoadFirst(float* source, int count) =>
        Avx512F.MaskLoad(source, First(count), Vector.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreFirst(Vector value, float* destination, int count) =>
        Avx512F.MaskStore(destination, First(count), value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Broadcast(float* source) => Vector512.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector MultiplyAdd(Vector a, Vector b, Vector sum) =>
        Avx512F.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector Canonical(Vector value) =>
        Vector512.ConditionalSelect(Vector512.Equals(value, value), value, Vector512.Create(0x7FC00000u).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address) => Sse.Prefetch0(address);

    /// <summary>
    /// Four rows at a time are transposed inside their 128-bit parts, then the parts across the rows. Every row is loaded whole and once,
    /// so it does not matter that rows far apart share a set of the cache.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        unchecked // Pointers stay inside the two blocks.
        {
            nint quad = Quad * sourceStride;
            Inside(source, sourceStride, out Vector a0, out Vector a1, out Vector a2, out Vector a3);
            Inside(source + quad, sourceStride, out Vector b0, out Vector b1, out Vector b2, out Vector b3);
            Inside(source + (2 * quad), sourceStride, out Vector c0, out Vector c1, out Vector c2, out Vector c3);
            Inside(source + (3 * quad), sourceStride, out Vector d0, out Vector d1, out Vector d2, out Vector d3);
            Across(a0, b0, c0, d0, destination, Quad * destinationStride);
            Across(a1, b1, c1, d1, destination + destinationStride, Quad * destinationStride);
            Across(a2, b2, c2, d2, destination + (2 * destinationStride), Quad * destinationStride);
            Across(a3, b3, c3, d3, destination + (3 * destinationStride), Quad * destinationStride);
        }
    }

    /// <summary>Part j of column i of the results holds column 4 j + i of the four rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Inside(
        float* source, nint stride, out Vector c0, out Vector c1, out Vector c2, out Vector c3)
    {
        unchecked // Inside the block of the caller.
        {
            Vector r0 = Vector512.Load(source);
            Vector r1 = Vector512.Load(source + stride);
            Vector r2 = Vector512.Load(source + (2 * stride));
            Vector r3 = Vector512.Load(source + (3 * stride));
            Vector512<double> low01 = Avx512F.UnpackLow(r0, r1).AsDouble();
            Vector512<double> high01 = Avx512F.UnpackHigh(r0, r1).AsDouble();
            Vector512<double> low23 = Avx512F.UnpackLow(r2, r3).AsDouble();
            Vector512<double> high23 = Avx512F.UnpackHigh(r2, r3).AsDouble();
            c0 = Avx512F.UnpackLow(low01, low23).AsSingle();
            c1 = Avx512F.UnpackHigh(low01, low23).AsSingle();
            c2 = Avx512F.UnpackLow(high01, high23).AsSingle();
            c3 = Avx512F.UnpackHigh(high01, high23).AsSingle();
        }
    }

    /// <summary>Stores the parts j of the four vectors side by side, for j = 0 to 3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Across(
        Vector a, Vector b, Vector c, Vector d, float* destination, nint stride)
    {
        unchecked // Inside the block of the caller.
        {
            Vector lowAb = Avx512F.Shuffle4x128(a, b, LowParts);
            Vector highAb = Avx512F.Shuffle4x128(a, b, HighParts);
            Vector lowCd = Avx512F.Shuffle4x128(c, d, LowParts);
            Vector highCd = Avx512F.Shuffle4x128(c, d, HighParts);
            Avx512F.Shuffle4x128(lowAb, lowCd, EvenParts).Store(destination);
            Avx512F.Shuffle4x128(lowAb, lowCd, OddParts).Store(destination + stride);
            Avx512F.Shuffle4x128(highAb, highCd, EvenParts).Store(destination + (2 * stride));
            Avx512F.Shuffle4x128(highAb, highCd, OddParts).Store(destination + (3 * stride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector First(int count) => Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle();
}
