using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Optimisers;

/// <summary>One vector of weights of sgd_momentum_f32.</summary>
internal readonly unsafe struct SgdMomentumStep(
    float* w, float* v, float* g, float rate, float momentum, float decay, bool nesterov) : IElementStep
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            TFloat factor = TLane.Create(momentum);
            TFloat weight = LaneMemory<TLane, TFloat, TWide>.Load(w + at, count);
            TFloat decayed = TLane.Fma(TLane.Create(decay), weight, LaneMemory<TLane, TFloat, TWide>.Load(g + at, count));
            TFloat velocity = TLane.Fma(factor, LaneMemory<TLane, TFloat, TWide>.Load(v + at, count), decayed);
            TFloat step = nesterov ? TLane.Fma(factor, velocity, decayed) : velocity;
            LaneMemory<TLane, TFloat, TWide>.Store(velocity, v + at, count);
            LaneMemory<TLane, TFloat, TWide>.Store(TLane.Fma(TLane.Create(-rate), step, weight), w + at, count);
        }
    }
}
