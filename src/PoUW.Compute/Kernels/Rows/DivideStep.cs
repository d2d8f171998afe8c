using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>d = d / divisor, and if it is scaled, (d / divisor) * scale.</summary>
internal readonly unsafe struct DivideStep(float* d, float divisor, bool scaled, float scale) : IElementStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the row.
        {
            TFloat share = TLane.Divide(LaneMemory<TLane, TFloat, TWide>.Load(d + at, count), TLane.Create(divisor));
            LaneMemory<TLane, TFloat, TWide>.Store(scaled ? TLane.Multiply(share, TLane.Create(scale)) : share, d + at, count);
        }
    }
}
