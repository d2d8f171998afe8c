using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>
/// Bytes by VPMADDUBSW, 512 bits: twice the products of an instruction on 16-bit pairs. B + 64 is in [0, 127] and A in [-64, 63], so 4
/// products are at most 4 * 127 * 64 = 32512 in magnitude and fit the 16-bit sums; VPMADDWD by ones then widens 8 products at once.
/// </summary>
internal readonly unsafe struct Avx512ByteLane : IDotLane<Vector512<int>>
{
    public static bool Wide => false;

    public static int Offset => 64;

    public static bool Narrow => true;

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
        sum + Avx512BW.MultiplyAddAdjacent(
            Avx512BW.MultiplyAddAdjacent(b0.AsByte(), a0.AsSByte()) + Avx512BW.MultiplyAddAdjacent(b1.AsByte(), a1.AsSByte()), Vector512<short>.One);
}
