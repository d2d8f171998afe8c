using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>A chain over the elements of a row.</summary>
internal interface IRowChain
{
    /// <summary>What the chain starts from.</summary>
    /// <param name="first">The first element of each row.</param>
    static abstract TFloat Start<TLane, TFloat, TWide>(TFloat first)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;

    /// <summary>The chain after one more element.</summary>
    static abstract TFloat Step<TLane, TFloat, TWide>(TFloat sum, TFloat x)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
