namespace PoUW.Compute.TileWork;

/// <summary>A stored int8 operand, seen as vectors along k: the rows of A or the columns of B.</summary>
/// <param name="data">First element.</param>
/// <param name="vectors">True number of vectors.</param>
/// <param name="inner">True inner dimension.</param>
/// <param name="innerIsRow">True when k runs down the stored rows.</param>
internal readonly unsafe struct StoredOperand(sbyte* data, int vectors, int inner, bool innerIsRow)
{
    /// <summary>True number of vectors.</summary>
    public int Vectors { get; } = vectors;

    /// <summary>True inner dimension.</summary>
    public int Inner { get; } = inner;

    /// <summary>True when k runs down the stored rows.</summary>
    public bool InnerIsRow { get; } = innerIsRow;

    /// <summary>Bytes from one stored row to the next.</summary>
    public nint Stride => InnerIsRow ? Vectors : Inner;

    /// <summary>The address of element k of a vector.</summary>
    public byte* At(int vector, int k)
    {
        unchecked // Addresses stay inside the matrix.
        {
            return (byte*)data + (InnerIsRow ? (k * Stride) + vector : (vector * Stride) + k);
        }
    }
}
