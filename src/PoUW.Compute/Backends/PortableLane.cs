using System.Runtime.Intrinsics;

namespace PoUW.Compute.Backends;

/// <summary>16-bit pairs with plain vector arithmetic; the runtime maps it to whatever the machine has.</summary>
internal readonly unsafe struct PortableLane : IDotLane<Vector256<int>>
{
    public static int Group => 2;

    public static int Width => Vector256<int>.Count;

    public static Vector256<int> Load(int* source) => Vector256.Load(source);

    public static void Store(Vector256<int> value, int* destination) => value.Store(destination);

    public static Vector256<int> Broadcast(int value) => Vector256.Create(value);

    public static Vector256<int> Accumulate(Vector256<int> sum, Vector256<int> a, Vector256<int> b) =>
        sum + (((a << 16) >> 16) * ((b << 16) >> 16)) + ((a >> 16) * (b >> 16));
}
