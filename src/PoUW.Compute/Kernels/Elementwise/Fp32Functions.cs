using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>The sequences as types, so that the loop is compiled once for each.</summary>
internal static class Fp32Functions
{
    internal readonly struct Exp : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.Exp(x);
    }

    internal readonly struct Log : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.Log(x);
    }

    internal readonly struct Tanh : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.Tanh(x);
    }

    internal readonly struct Sigmoid : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.Sigmoid(x);
    }

    internal readonly struct Rsqrt : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.Rsqrt(x);
    }

    internal readonly struct Erf : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.Erf(x);
    }

    internal readonly struct Gelu : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.Gelu(x);
    }

    internal readonly struct GeluGradient : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.GeluGradient(x);
    }

    internal readonly struct CosTwoPi : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.CosTwoPi(x);
    }

    internal readonly struct SinTwoPi : IFp32Function
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TWide Apply<TLane, TFloat, TWide>(TWide x)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => Fp32Sequences<TLane, TFloat, TWide>.SinTwoPi(x);
    }
}
