using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.Backends;

/// <summary>
/// 8-bit quadruples by VPDPBUSD, which multiplies unsigned by signed bytes: A is packed with 128 added, and the accumulators start at
/// -128 times the column sums of B. Exact modulo 2^32.
/// </summary>
internal readonly unsafe struct AvxVnniLane : IDotLane<Vector256<int>>
{
    public static int Group => 4;

    public static int Width => Vector256<int>.Count;

    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    public static void Store(Vector256<int> value, int* destination) => value.Store(destination);

    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    public static Vector256<int> Accumulate(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        AvxVnni.MultiplyWideningAndAdd(sum, a.AsByte(), b.AsSByte());
}
