namespace PoUW.Compute.Kernels.Columns;

/// <summary>A few rows of a matrix.</summary>
/// <param name="First">The first.</param>
/// <param name="Count">How many.</param>
/// <param name="Stride">Elements from row to row.</param>
internal readonly record struct RowBand(nint First, nint Count, nint Stride);
