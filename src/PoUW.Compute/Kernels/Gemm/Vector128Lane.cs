using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>
/// 128-bit vectors of the portable API: 8 x 2 accumulators of the 32 registers of NEON. Without an FMA instruction the runtime computes
/// each element in software, slow but with the same bits.
/// </summary>
internal readonly unsafe struct Vector128Lane : IFmaLane<Vector128<float>>
{
    public static int Width => Vector128<float>.Count;

    public static int Rows => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(float* source) => Vector128.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector128<float> value, float* destination) => value.Store(destination);

    public static Vector128<float> LoadFirst(float* source, int count)
    {
        Vector128<float> value = default;
        for (int i = 0; i < count; i++)
        {
            value = value.WithElement(i, source[i]);
        }

        return value;
    }

    public static void StoreFirst(Vector128<float> value, float* destination, int count)
    {
        for (int i = 0; i < count; i++)
        {
            destination[i] = value[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float* source) => Vector128.Create(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> sum) =>
        Vector128.FusedMultiplyAdd(a, b, sum);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Canonical(Vector128<float> value) =>
        Vector128.ConditionalSelect(Vector128.Equals(value, value), value, Vector128.Create(0x7FC00000u).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(address);
        }
    }

    /// <summary>Two rounds of interleaving: first the rows 0, 2 and 1, 3, then the results.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, nint sourceStride, float* destination, nint destinationStride)
    {
        unchecked // Pointers stay inside the two blocks.
        {
            Vector128<float> r0 = Vector128.Load(source);
            Vector128<float> r1 = Vector128.Load(source + sourceStride);
            Vector128<float> r2 = Vector128.Load(source + (2 * sourceStride));
            Vector128<float> r3 = Vector128.Load(source + (3 * sourceStride));
            (Vector128<float> low02, Vector128<float> high02) = Zip(r0, r2);
            (Vector128<float> low13, Vector128<float> high13) = Zip(r1, r3);
            (Vector128<float> c0, Vector128<float> c1) = Zip(low02, low13);
            (Vector128<float> c2, Vector128<float> c3) = Zip(high02, high13);
            c0.Store(destination);
            c1.Store(destination + destinationStride);
            c2.Store(destination + (2 * destinationStride));
            c3.Store(destination + (3 * destinationStride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector128<float> Low, Vector128<float> High) Zip(Vector128<float> x, Vector128<float> y)
    {
        if (System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.IsSupported)
        {
            return (System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.ZipLow(x, y), System.Runtime.Intrinsics.Arm.AdvSimd.Arm64.ZipHigh(x, y));
        }

        if (Sse.IsSupported)
        {
            return (Sse.UnpackLow(x, y), Sse.UnpackHigh(x, y));
        }

        return (Vector128.Create(x[0], y[0], x[1], y[1]), Vector128.Create(x[2], y[2], x[3], y[3]));
    }
}
