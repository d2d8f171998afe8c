using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>16-bit pairs with plain vector arithmetic; the runtime maps it to whatever the machine has.</summary>
internal readonly unsafe struct PortableLane : IDotLane<Vector256<int>>
{
    public static bool Wide => true;

    public static int Offset => 0;

    public static bool Narrow => false;

    public static int Step => 2;

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
        Pair(Pair(sum, a0, b0), a1, b1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Pair(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        sum + (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));
}
