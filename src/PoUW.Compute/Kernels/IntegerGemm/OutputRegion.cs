namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>A rectangle of the result of a product. Disjoint regions may be computed by different engines at the same time.</summary>
/// <param name="Row">First row.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Column">First column.</param>
/// <param name="Columns">Number of columns.</param>
internal readonly record struct OutputRegion(int Row, int Rows, int Column, int Columns);
