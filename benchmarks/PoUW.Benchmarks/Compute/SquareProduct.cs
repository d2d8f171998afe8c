using PoUW.Benchmarks.Peers;

namespace PoUW.Benchmarks.Compute;

/// <summary>Own kernel under test: C = A * B of row-major <paramref name="n"/> x <paramref name="n"/> matrices, on one thread.</summary>
/// <param name="n">Rows and columns.</param>
/// <param name="a">Left operand.</param>
/// <param name="b">Right operand.</param>
/// <param name="c">Result, overwritten.</param>
public delegate void SquareProduct(int n, AlignedArray<float> a, AlignedArray<float> b, AlignedArray<float> c);
