namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// One term U L R V of a tile with U L and R V precomputed for all rows and columns of the operands, modulo a prime: an output costs as
/// many products as L has columns.
/// </summary>
internal sealed class ModularFactor
{
    private readonly long[][] _rows;
    private readonly long[][] _columns;

    /// <summary>Precomputes.</summary>
    /// <param name="product">Gives U and V.</param>
    /// <param name="left">L, r x terms.</param>
    /// <param name="right">R, terms x r.</param>
    /// <param name="field">The prime.</param>
    /// <param name="counter">Does and counts the products.</param>
    public ModularFactor(NoisedProduct product, long[][] left, long[][] right, PrimeField field, MacCounter counter)
    {
        _rows = field.Multiply(field.Reduce(product.DenseA), left);
        _columns = field.Multiply(field.Reduce(product.DenseB), PrimeField.Transpose(right));
        counter.Amortise((long)(_rows.Length + _columns.Length) * product.Rank * right.Length);
    }

    /// <summary>One output, not reduced.</summary>
    public long Output(int row, int column, MacCounter counter) => counter.Dot<long>(_rows[row], _columns[column]);

    /// <summary>Some of the terms of one output, not reduced.</summary>
    public long Output(int row, int column, Range terms, MacCounter counter) =>
        counter.Dot<long>(_rows[row].AsSpan(terms), _columns[column].AsSpan(terms));
}
