namespace PoUW.Core.Parameters;

/// <summary>
/// The commons product C = A * B: operands that anyone can generate, mined when a miner holds no lease, so that a chain starts before
/// the first job and goes on after the last.
/// </summary>
/// <param name="M">Rows of A.</param>
/// <param name="K">Columns of A and rows of B; at least 512.</param>
/// <param name="N">Columns of B.</param>
/// <param name="Seed">Seed of the operands.</param>
public sealed record CommonsProduct(int M, int K, int N, ulong Seed);
