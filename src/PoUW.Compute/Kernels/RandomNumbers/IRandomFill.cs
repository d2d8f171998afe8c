using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.RandomNumbers;

/// <summary>How random bits become numbers.</summary>
internal unsafe interface IRandomFill
{
    /// <summary>Words an element, 1 or 2.</summary>
    static abstract int Words { get; }

    /// <summary>A vector of elements; the caller stores a NaN as the canonical one.</summary>
    /// <param name="first">24 bits of the first word of each element.</param>
    /// <param name="second">24 bits of the second word of each element, if there are two.</param>
    TFloat Create<TLane, TFloat, TWide>(int* first, int* second)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
