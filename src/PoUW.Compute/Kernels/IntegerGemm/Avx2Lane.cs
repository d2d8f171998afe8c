using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>16-bit pairs by VPMADDWD, 256 bits.</summary>
internal readonly unsafe struct Avx2Lane : IDotLane<Vector256<int>>
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
        sum + Avx2.MultiplyAddAdjacent(a0.AsInt16(), b0.AsInt16()) + Avx2.MultiplyAddAdjacent(a1.AsInt16(), b1.AsInt16());
}
