using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>
/// A function of one number as a sequence of binary64 operations. The caller rounds the result to binary32 and makes it NaN where the
/// argument is.
/// </summary>
internal interface IFp32Function
{
    /// <summary>The function of each element.</summary>
    static abstract TWide Apply<TLane, TFloat, TWide>(TWide x)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
