using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Backends;

/// <summary>16-bit pairs by VPMADDWD, 512 bits.</summary>
internal readonly unsafe struct Avx512Lane : IDotLane<Vector512<int>>
{
    public static int Group => 2;

    public static int Width => Vector512<int>.Count;

    public static Vector512<int> Load(int* source) => Vector512.Load(source);

    public static void Store(Vector512<int> value, int* destination) => value.Store(destination);

    public static Vector512<int> Broadcast(int value) => Vector512.Create(value);

    public static Vector512<int> Accumulate(Vector512<int> sum, Vector512<int> a, Vector512<int> b) =>
        sum + Avx512BW.MultiplyAddAdjacent(a.AsInt16(), b.AsInt16());
}
