using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>The functions of two numbers of the elementwise operations. Each is the definition line by line.</summary>
internal static class BinaryFloatFunctions
{
    internal readonly struct Add : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Add(x, y);
    }

    internal readonly struct Subtract : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Subtract(x, y);
    }

    internal readonly struct Multiply : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Multiply(x, y);
    }

    internal readonly struct Divide : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Divide(x, y);
    }

    internal readonly struct Maximum : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Max(x, y);
    }

    internal readonly struct Minimum : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Min(x, y);
    }

    internal readonly struct ReluGradient : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Select(TLane.Less(TLane.Create(0), y), x, TLane.Create(0));
    }

    internal readonly struct GeluGradient : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Multiply(x, Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.GeluGradient>(y));
    }

    internal readonly struct TanhGradient : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Multiply(x, TLane.Fma(Fp32Lane<TLane, TFloat, TWide>.Negate(y), y, TLane.Create(1)));
    }

    internal readonly struct SigmoidGradient : IBinaryFloatFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.Multiply(x, TLane.Multiply(y, TLane.Subtract(TLane.Create(1), y)));
    }
}
