using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Moves;

/// <summary>d = value.</summary>
internal readonly unsafe struct FillStep(float* d, float value) : IElementStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensor.
        {
            LaneMemory<TLane, TFloat, TWide>.StoreBits(TLane.Create(value), d + at, count);
        }
    }
}
