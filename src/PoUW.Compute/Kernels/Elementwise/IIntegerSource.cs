using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>An integer type that is converted to fp32.</summary>
internal unsafe interface IIntegerSource
{
    /// <summary>Bytes an element.</summary>
    static abstract int Size { get; }

    /// <summary>Reads a whole vector and converts it, rounded to nearest even.</summary>
    static abstract TFloat Load<TLane, TFloat, TWide>(byte* source)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged;
}
