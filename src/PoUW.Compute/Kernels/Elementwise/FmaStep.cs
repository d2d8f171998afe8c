using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>d = fma(a, b, c); d may be any of them. A repeated operand is one number.</summary>
internal readonly unsafe struct FmaStep(float* d, float* a, float* b, float* c, bool repeatedB, bool repeatedC) : IElementStep
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
            TFloat y = repeatedB ? TLane.Create(*b) : LaneMemory<TLane, TFloat, TWide>.Load(b + at, count);
            TFloat z = repeatedC ? TLane.Create(*c) : LaneMemory<TLane, TFloat, TWide>.Load(c + at, count);
            LaneMemory<TLane, TFloat, TWide>.Store(TLane.Fma(x, y, z), d + at, count);
        }
    }
}
