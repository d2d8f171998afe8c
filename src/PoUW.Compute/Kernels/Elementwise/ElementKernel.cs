using System.Runtime.CompilerServices;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>Runs a step over a range of elements.</summary>
internal readonly struct ElementKernel<TStep>(TStep step) : ILaneKernel
    where TStep : struct, IElementStep
{
    private const int ElementsPerLine = 64;

    /// <summary>Runs a step over all elements, on the threads of the context.</summary>
    /// <param name="context">The backend's context.</param>
    /// <param name="length">Number of elements.</param>
    /// <param name="cost">Cost of an element in plain additions.</param>
    /// <param name="step">What runs.</param>
    public static void Run(KernelContext context, long length, int cost, in TStep step) =>
        LaneRunner.Run(context, length, length * cost, ElementsPerLine, new ElementKernel<TStep>(step));

    public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged => Range<TLane, TFloat, TWide>(step, from, to);

    /// <summary>The elements from .. to - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Range<TLane, TFloat, TWide>(TStep step, nint from, nint to)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Positions stay inside the tensors.
        {
            nint at = from;
            for (nint last = to - TLane.Width; at <= last; at += TLane.Width)
            {
                step.Step<TLane, TFloat, TWide>(at, TLane.Width);
            }

            if (at < to)
            {
                step.Step<TLane, TFloat, TWide>(at, to - at);
            }
        }
    }
}
