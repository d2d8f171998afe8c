namespace PoUW.Vm.Tensors;

/// <summary>
/// The shape of C = op(A) * op(B), where C is M x N and the inner dimension is K. A transposed operand is stored the other way round:
/// with <paramref name="TransposeA"/> the stored matrix is K x M, with <paramref name="TransposeB"/> it is N x K. With
/// <paramref name="TileWork"/> a miner may draw tickets from the product; it changes no result.
/// </summary>
public readonly record struct MatMulShape(int M, int K, int N, bool TransposeA, bool TransposeB, bool TileWork = false)
{
    /// <summary>Multiply-accumulates of the product.</summary>
    public long MacCount => (long)M * N * K;

    /// <summary>Position of an element of op(A) in the stored matrix.</summary>
    public int IndexOfA(int row, int k) => TransposeA ? (k * M) + row : (row * K) + k;

    /// <summary>Position of an element of op(B) in the stored matrix.</summary>
    public int IndexOfB(int k, int column) => TransposeB ? (column * K) + k : (k * N) + column;
}
