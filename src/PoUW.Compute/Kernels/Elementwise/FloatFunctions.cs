using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>The functions of one number of the elementwise operations. Each is the definition line by line.</summary>
internal static class FloatFunctions
{
    /// <summary>An elementary function.</summary>
    internal readonly struct Elementary<TFunction> : IFloatFunction
        where TFunction : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Lane<TLane, TFloat, TWide>.Map<TFunction>(x);
    }

    internal readonly struct Affine(float scale, float offset) : IFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Fma(x, TLane.Create(scale), TLane.Create(offset));
    }

    internal readonly struct Relu : IFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged =>
            TLane.Select(TLane.Or(TLane.Less(x, TLane.Create(0)), TLane.Equal(x, TLane.Create(0))), TLane.Create(0), x);
    }

    internal readonly struct Sqrt : IFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Sqrt(x);
    }

    internal readonly struct Abs : IFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Abs(x);
    }

    internal readonly struct Clamp(float low, float high) : IFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged
        {
            TFloat below = TLane.Select(TLane.Less(TLane.Create(high), x), TLane.Create(high), x);
            return TLane.Select(TLane.Less(x, TLane.Create(low)), TLane.Create(low), below);
        }
    }
}
