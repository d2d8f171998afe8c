using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>The chains over rows.</summary>
internal static class RowChains
{
    /// <summary>acc + x.</summary>
    internal readonly struct Sum : IRowChain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Step<TLane, TFloat, TWide>(TFloat sum, TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Add(sum, x);
    }

    /// <summary>fma(x, x, acc).</summary>
    internal readonly struct SumOfSquares : IRowChain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Step<TLane, TFloat, TWide>(TFloat sum, TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Fma(x, x, sum);
    }
}
