using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.Integers;

/// <summary>A function of two integers modulo 2^32; a function of one ignores the second.</summary>
internal interface IIntegerFunction
{
    /// <summary>The function of each pair.</summary>
    Vector512<int> Apply(Vector512<int> x, Vector512<int> y);
}
