using System.Runtime.CompilerServices;
using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>The chains over rows.</summary>
internal static class RowChains
{
    /// <summary>acc + x from +0.</summary>
    internal readonly struct Sum : IRowChain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Start<TLane, TFloat, TWide>(TFloat first)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Create(0);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Step<TLane, TFloat, TWide>(TFloat sum, TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Add(sum, x);
    }

    /// <summary>fma(x, x, acc) from +0.</summary>
    internal readonly struct SumOfSquares : IRowChain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Start<TLane, TFloat, TWide>(TFloat first)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Create(0);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Step<TLane, TFloat, TWide>(TFloat sum, TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Fma(x, x, sum);
    }

    /// <summary>Fp32.Max from the first element.</summary>
    internal readonly struct Maximum : IRowChain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Start<TLane, TFloat, TWide>(TFloat first)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => first;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Step<TLane, TFloat, TWide>(TFloat sum, TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Max(sum, x);
    }
}
