using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.TileWork;

/// <summary>32-bit products of the even and of the odd halves; for any machine.</summary>
internal readonly struct PortablePairProduct : IPairProduct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Multiply(Vector256<short> x, Vector256<short> y) =>
        (Even(x) * Even(y)) + (Odd(x) * Odd(y));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Even(Vector256<short> x) => (x.AsInt32() << 16) >> 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Odd(Vector256<short> x) => x.AsInt32() >> 16;
}
