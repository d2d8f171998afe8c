using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Optimisers;

/// <summary>One vector of weights of sgd_f32.</summary>
internal readonly unsafe struct SgdStep(float* w, float* g, float rate, float decay) : IElementStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            TFloat weight = LaneMemory<TLane, TFloat, TWide>.Load(w + at, count);
            TFloat decayed = TLane.Fma(TLane.Create(decay), weight, LaneMemory<TLane, TFloat, TWide>.Load(g + at, count));
            LaneMemory<TLane, TFloat, TWide>.Store(TLane.Fma(TLane.Create(-rate), decayed, weight), w + at, count);
        }
    }
}
