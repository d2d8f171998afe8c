using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>d = function(a, b); d may be a or b. A repeated b is one number.</summary>
internal readonly unsafe struct CombineStep<TFunction>(float* d, float* a, float* b, bool repeated, TFunction function) : IElementStep
    where TFunction : struct, IBinaryFloatFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            TFloat x = LaneMemory<TLane, TFloat, TWide>.Load(a + at, count);
            TFloat y = repeated ? TLane.Create(*b) : LaneMemory<TLane, TFloat, TWide>.Load(b + at, count);
            LaneMemory<TLane, TFloat, TWide>.Store(function.Apply<TLane, TFloat, TWide>(x, y), d + at, count);
        }
    }
}
