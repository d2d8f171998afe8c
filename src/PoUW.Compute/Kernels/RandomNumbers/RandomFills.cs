using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.RandomNumbers;

/// <summary>The random fills, each the definition line by line.</summary>
internal static unsafe class RandomFills
{
    private const float Unit = 1f / (1 << 24);

    internal readonly struct Uniform(float range, float low) : IRandomFill
    {
        public static int Words => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Create<TLane, TFloat, TWide>(int* first, int* second)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged =>
            TLane.Fma(TLane.Multiply(TLane.FromInt32(first), TLane.Create(Unit)), TLane.Create(range), TLane.Create(low));
    }

    internal readonly struct Normal(float mean, float deviation) : IRandomFill
    {
        public static int Words => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Create<TLane, TFloat, TWide>(int* first, int* second)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged
        {
            // Below 2^24 + 1, so the sum in fp32 is the sum in integers.
            TFloat u1 = TLane.Multiply(TLane.Add(TLane.FromInt32(first), TLane.Create(1)), TLane.Create(Unit));
            TFloat u2 = TLane.Multiply(TLane.FromInt32(second), TLane.Create(Unit));
            TFloat log = TLane.Multiply(TLane.Create(-2), Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Log>(u1));
            TFloat z = TLane.Multiply(TLane.Sqrt(log), Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.CosTwoPi>(u2));
            return TLane.Fma(z, TLane.Create(deviation), TLane.Create(mean));
        }
    }

    internal readonly struct DropoutMask(float threshold, float scale) : IRandomFill
    {
        public static int Words => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public TFloat Create<TLane, TFloat, TWide>(int* first, int* second)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged =>
            TLane.Select(TLane.Less(TLane.FromInt32(first), TLane.Create(threshold)), TLane.Create(0), TLane.Create(scale));
    }
}
