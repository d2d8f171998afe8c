using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>16-bit pairs by VPMADDWD, 512 bits.</summary>
internal readonly unsafe struct Avx512Lane : IDotLane<Vector512<int>>
{
    public static bool Wide => true;

    public static int Offset => 0;

    public static bool Narrow => false;

    public static int Step => 2;

    public static int Width => Vector512<int>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Load(int* source) => Vector512.Load(source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<int> value, int* destination) => value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Broadcast(int value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Add(Vector512<int> left, Vector512<int> right) => left + right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Accumulate(Vector512<int> sum, Vector512<int> a0, Vector512<int> a1, Vector512<int> b0, Vector512<int> b1) =>
        sum + Avx512BW.MultiplyAddAdjacent(a0.AsInt16(), b0.AsInt16()) + Avx512BW.MultiplyAddAdjacent(a1.AsInt16(), b1.AsInt16());
}
