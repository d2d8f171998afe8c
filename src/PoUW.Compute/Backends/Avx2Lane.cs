using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Backends;

/// <summary>16-bit pairs by VPMADDWD, 256 bits.</summary>
internal readonly unsafe struct Avx2Lane : IDotLane<Vector256<int>>
{
    public static int Group => 2;

    public static int Width => Vector256<int>.Count;

    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    public static void Store(Vector256<int> value, int* destination) => value.Store(destination);

    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    public static Vector256<int> Accumulate(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        sum + Avx2.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());
}
