using System.Runtime.CompilerServices;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>How many columns of each row of a group take part.</summary>
[InlineArray(16)]
internal struct RowLengths
{
    private nint _first;

    /// <summary>All columns of all rows.</summary>
    public static RowLengths All(nint columns)
    {
        RowLengths lengths = default;
        ((Span<nint>)lengths).Fill(columns);
        return lengths;
    }
}
