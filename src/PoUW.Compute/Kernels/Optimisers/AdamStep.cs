using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Optimisers;

/// <summary>One vector of weights of adam_f32.</summary>
internal readonly unsafe struct AdamStep(float* w, float* m, float* v, float* g, AdamNumbers numbers, bool decoupled) : IElementStep
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
            TFloat gradient = LaneMemory<TLane, TFloat, TWide>.Load(g + at, count);
            TFloat start = weight;
            if (decoupled)
            {
                start = TLane.Subtract(weight, TLane.Multiply(TLane.Create(numbers.RateDecay), weight));
            }
            else
            {
                gradient = TLane.Fma(TLane.Create(numbers.Decay), weight, gradient);
            }

            TFloat square = TLane.Multiply(TLane.Create(numbers.Rest2), TLane.Multiply(gradient, gradient));
            TFloat first = TLane.Fma(
                TLane.Create(numbers.Beta1),
                LaneMemory<TLane, TFloat, TWide>.Load(m + at, count),
                TLane.Multiply(TLane.Create(numbers.Rest1), gradient));
            TFloat second = TLane.Fma(TLane.Create(numbers.Beta2), LaneMemory<TLane, TFloat, TWide>.Load(v + at, count), square);
            TFloat denominator = TLane.Add(TLane.Divide(TLane.Sqrt(second), TLane.Create(numbers.Root)), TLane.Create(numbers.Eps));
            TFloat change = TLane.Multiply(TLane.Create(numbers.Step), TLane.Divide(first, denominator));
            LaneMemory<TLane, TFloat, TWide>.Store(first, m + at, count);
            LaneMemory<TLane, TFloat, TWide>.Store(second, v + at, count);
            LaneMemory<TLane, TFloat, TWide>.Store(TLane.Subtract(start, change), w + at, count);
        }
    }
}
