using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>A function of two fp32 numbers.</summary>
internal interface IBinaryFloatFunction
{
    /// <summary>The function of each pair; the caller stores a NaN as the canonical one.</summary>
    TFloat Apply<TLane, TFloat, TWide>(TFloat x, TFloat y)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
