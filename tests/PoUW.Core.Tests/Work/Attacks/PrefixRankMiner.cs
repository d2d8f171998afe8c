namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// The plain shortcut for zero operands. With A = B = 0 snapshot s of a tile is U S_s V, where S_s is the sum of the strip products
/// M_t = R_A,t transpose(R_B,t) so far: an r x r matrix, whatever k is. The rows of U S_s are shared by all tiles of a row, which leaves
/// r products an output and snapshot. The honest miner does as many as the stride is long, so stride = r makes the shortcut pointless.
/// Products by zeros of V (one entry in 64) are skipped. That batches of such low-rank products have no cheaper common evaluation is the
/// conjecture of cuPoW (arXiv 2504.09971); <see cref="MergingMiner"/> shows what it is worth for these factors.
/// </summary>
internal sealed class PrefixRankMiner : IShortcut
{
    private readonly MacCounter _counter;
    private readonly int[][] _columns;
    private readonly List<int[][]> _rows = [];

    /// <summary>Prepares a segment.</summary>
    /// <param name="product">A product of zero operands.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="stride">Entries along k between snapshots, a multiple of r.</param>
    /// <param name="counter">Does and counts the products.</param>
    public PrefixRankMiner(NoisedProduct product, int segment, int stride, MacCounter counter)
    {
        _counter = counter;
        _columns = [.. product.DenseB.Select(column => Array.ConvertAll(column, value => (int)value))];
        foreach (long[][] prefix in StripProducts.Prefixes(product, segment, stride))
        {
            _rows.Add([.. product.DenseA.Select(row => Row(row, prefix))]);
            counter.Amortise((long)product.DenseA.Length * product.Rank * product.Rank);
        }
    }

    /// <inheritdoc/>
    public List<int[]> Snapshots(int tileRow, int tileColumn) =>
        [.. _rows.Select(rows => Snapshot(rows.AsSpan(tileRow * NoisedProduct.Edge, NoisedProduct.Edge), tileColumn))];

    private int[] Snapshot(ReadOnlySpan<int[]> rows, int tileColumn)
    {
        int[] sums = new int[NoisedProduct.Edge * NoisedProduct.Edge];
        for (int i = 0; i < sums.Length; i++)
        {
            int[] column = _columns[(tileColumn * NoisedProduct.Edge) + (i % NoisedProduct.Edge)];
            sums[i] = (int)_counter.SparseDot(rows[i / NoisedProduct.Edge], column);
        }

        return sums;
    }

    private static int[] Row(sbyte[] dense, long[][] prefix)
    {
        int[] row = new int[dense.Length];
        for (int p = 0; p < dense.Length; p++)
        {
            for (int q = 0; q < row.Length; q++)
            {
                row[q] += dense[p] * (int)prefix[p][q];
            }
        }

        return row;
    }
}
