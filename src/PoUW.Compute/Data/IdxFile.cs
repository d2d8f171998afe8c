namespace PoUW.Compute.Data;

/// <summary>The content of an IDX file of unsigned bytes.</summary>
/// <param name="Dimensions">Size of each dimension, outermost first.</param>
/// <param name="Data">The bytes, row-major.</param>
public sealed record IdxFile(IReadOnlyList<int> Dimensions, byte[] Data);
