using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>The functions of fp32 on vectors.</summary>
internal static class Fp32Lane<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    /// <summary>The function of each element, rounded once; NaN where the argument is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Map<TFunction>(TFloat x)
        where TFunction : IFp32Function
    {
        (TWide lower, TWide upper) = TLane.Widen(x);
        lower = TFunction.Apply<TLane, TFloat, TWide>(lower);
        upper = TFunction.Apply<TLane, TFloat, TWide>(upper);
        return TLane.Select(TLane.Equal(x, x), TLane.Narrow(lower, upper), x);
    }

    /// <summary>-x: the sign bit is flipped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TFloat Negate(TFloat x) => TLane.Xor(x, TLane.Create(-0.0f));
}
