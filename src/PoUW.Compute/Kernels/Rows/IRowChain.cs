using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>A chain over the elements of a row, from +0.</summary>
internal interface IRowChain
{
    /// <summary>The chain after one more element.</summary>
    static abstract TFloat Step<TLane, TFloat, TWide>(TFloat sum, TFloat x)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
