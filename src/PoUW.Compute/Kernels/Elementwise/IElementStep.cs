using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>One vector of an operation whose elements do not depend on each other.</summary>
internal interface IElementStep
{
    /// <summary>Computes the elements at .. at + count - 1.</summary>
    /// <param name="at">First element.</param>
    /// <param name="count">1 to the width of the lane; a constant for whole vectors, so that the branches vanish.</param>
    void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
