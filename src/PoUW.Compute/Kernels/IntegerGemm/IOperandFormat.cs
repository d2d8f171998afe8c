namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>
/// How a product kernel wants its operands. Both are cut into groups of 4 consecutive k; a group is one int of bytes, or two ints of 16-bit
/// pairs. Implemented by empty structs so that the compiler specialises the packers.
/// </summary>
internal interface IOperandFormat
{
    /// <summary>True for 16-bit pairs, false for bytes.</summary>
    static abstract bool Wide { get; }

    /// <summary>Added to every byte of B, which makes it unsigned; the sums are too large by this times the row sums of A.</summary>
    static abstract int Offset { get; }

    /// <summary>True if the kernel is exact only for operands in [-64, 63].</summary>
    static abstract bool Narrow { get; }
}
