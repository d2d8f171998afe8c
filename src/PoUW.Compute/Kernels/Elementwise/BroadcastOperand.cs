using System.Runtime.CompilerServices;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>An operand that is repeated over the rows or the columns of a larger matrix.</summary>
/// <param name="data">Its elements.</param>
/// <param name="rowStride">Elements from the row of one segment to that of the next.</param>
/// <param name="repeated">A row is one number.</param>
internal readonly unsafe struct BroadcastOperand(float* data, nint rowStride, bool repeated)
{
    /// <summary>A row is one number.</summary>
    public bool Repeated => repeated;

    /// <summary>
    /// Where a segment finds its row: a pointer that takes the position in the whole matrix as index, or the one number.
    /// </summary>
    /// <param name="row">Number of the segment.</param>
    /// <param name="start">Position of the segment's first element in the whole matrix.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* Row(nint row, nint start)
    {
        unchecked // The pointer is used at start and beyond only.
        {
            return repeated ? data + (row * rowStride) : data + (row * rowStride) - start;
        }
    }
}
