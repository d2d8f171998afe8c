using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>8-bit quadruples by VPDPBUSD, which multiplies unsigned by signed bytes without saturation. Exact modulo 2^32.</summary>
internal readonly unsafe struct AvxVnniLane : IDotLane<Vector256<int>>
{
    public static bool Wide => false;

    public static int Offset => 128;

    public static bool Narrow => false;

    public static int Step => 1;

    public static int Width => Vector256<int>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<int> value, int* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Add(Vector256<int> left, Vector256<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Accumulate(Vector256<int> sum, Vector256<int> a0, Vector256<int> a1, Vector256<int> b0, Vector256<int> b1) =>
        AvxVnni.MultiplyWideningAndAdd(sum, b0.AsByte(), a0.AsSByte());
}
