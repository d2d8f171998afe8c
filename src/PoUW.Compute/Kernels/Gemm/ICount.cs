namespace PoUW.Compute.Kernels.Gemm;

/// <summary>A number as a type: the compiler removes the branches of a kernel that the number rules out.</summary>
internal interface ICount
{
    /// <summary>The number.</summary>
    static abstract int Value { get; }
}
