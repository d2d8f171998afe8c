using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>A function of one fp32 number; numbers that it keeps are fields.</summary>
internal interface IFloatFunction
{
    /// <summary>The function of each element; the caller stores a NaN as the canonical one.</summary>
    TFloat Apply<TLane, TFloat, TWide>(TFloat x)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
