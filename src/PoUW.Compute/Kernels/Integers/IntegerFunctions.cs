using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.Integers;

/// <summary>The functions of the elementwise operations on Int32.</summary>
internal static class IntegerFunctions
{
    internal readonly struct Add : IIntegerFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> Apply(Vector512<int> x, Vector512<int> y) => x + y;
    }

    internal readonly struct Subtract : IIntegerFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> Apply(Vector512<int> x, Vector512<int> y) => x - y;
    }

    internal readonly struct Clamp(int limit) : IIntegerFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> Apply(Vector512<int> x, Vector512<int> y) =>
            Vector512.Max(Vector512.Create(-limit), Vector512.Min(Vector512.Create(limit), x));
    }

    /// <summary>(x * multiplier) >> shift in 64 bits; the lower half of the result is kept.</summary>
    internal readonly struct ScaleShift(long multiplier, int shift) : IIntegerFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector512<int> Apply(Vector512<int> x, Vector512<int> y)
        {
            (Vector512<long> lower, Vector512<long> upper) = Vector512.Widen(x);
            Vector512<long> factor = Vector512.Create(multiplier);
            return Vector512.Narrow((lower * factor) >> shift, (upper * factor) >> shift);
        }
    }
}
