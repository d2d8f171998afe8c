using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>d = function(s); d may be s.</summary>
internal readonly unsafe struct MapStep<TFunction>(float* d, float* s, TFunction function) : IElementStep
    where TFunction : struct, IFloatFunction
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            TFloat x = LaneMemory<TLane, TFloat, TWide>.Load(s + at, count);
            LaneMemory<TLane, TFloat, TWide>.Store(function.Apply<TLane, TFloat, TWide>(x), d + at, count);
        }
    }
}
