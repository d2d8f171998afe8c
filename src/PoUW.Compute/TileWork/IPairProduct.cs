using System.Runtime.Intrinsics;

namespace PoUW.Compute.TileWork;

/// <summary>Adds neighbouring 16-bit products. Implemented by empty structs so that the compiler specialises the kernel.</summary>
internal interface IPairProduct
{
    /// <summary>x[2i] * y[2i] + x[2i+1] * y[2i+1], exact where that fits 32 bits.</summary>
    static abstract Vector256<int> Multiply(Vector256<short> x, Vector256<short> y);
}
