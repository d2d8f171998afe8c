using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>The integer types that are converted to fp32.</summary>
internal static unsafe class IntegerSources
{
    internal readonly struct Int8 : IIntegerSource
    {
        public static int Size => sizeof(sbyte);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Load<TLane, TFloat, TWide>(byte* source)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.FromInt8((sbyte*)source);
    }

    internal readonly struct UInt8 : IIntegerSource
    {
        public static int Size => sizeof(byte);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Load<TLane, TFloat, TWide>(byte* source)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.FromUInt8(source);
    }

    internal readonly struct Int32 : IIntegerSource
    {
        public static int Size => sizeof(int);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static TFloat Load<TLane, TFloat, TWide>(byte* source)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => TLane.FromInt32((int*)source);
    }
}
