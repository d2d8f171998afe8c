using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>e = e^(x - m) of a row; e may be x.</summary>
internal readonly unsafe struct ExponentialStep(float* e, float* x, float m) : IElementStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the rows.
        {
            TFloat difference = TLane.Subtract(LaneMemory<TLane, TFloat, TWide>.Load(x + at, count), TLane.Create(m));
            LaneMemory<TLane, TFloat, TWide>.StoreBits(Fp32Lane<TLane, TFloat, TWide>.Map<Fp32Functions.Exp>(difference), e + at, count);
        }
    }
}
