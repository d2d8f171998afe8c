namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>
/// A stored int8 operand, seen as vectors along k: the rows of A or the columns of B. Blocks may be read past the part that is wanted as
/// long as the bytes belong to the matrix; <see cref="End"/> bounds that.
/// </summary>
internal readonly unsafe struct PackSource(sbyte* data, int rows, int columns, bool innerIsRow)
{
    /// <summary>Bytes from one stored row to the next.</summary>
    public nint Stride { get; } = columns;

    /// <summary>One past the last byte.</summary>
    public sbyte* End { get; } = data + ((nint)rows * columns);

    /// <summary>True when k runs down the stored rows.</summary>
    public bool InnerIsRow { get; } = innerIsRow;

    /// <summary>The address of element k of a vector.</summary>
    public sbyte* At(int vector, int k)
    {
        unchecked // Addresses stay inside the matrix, or are not read.
        {
            return InnerIsRow ? data + (k * Stride) + vector : data + (vector * Stride) + k;
        }
    }
}
