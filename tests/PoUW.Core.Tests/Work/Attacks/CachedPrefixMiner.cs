namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// A miner that keeps one pair of operands and all clean prefix products (A B)_s for ever, and mends them for every new header:
/// (A'B')_s = (A B)_s + (A transpose(R_B))_s V + U (R_A B')_s. The inner factors are prefix sums of signed entries, shared by all tiles of
/// a row or column; each correction leaves r products an output and snapshot, 2r together, against the stride's r of the honest miner.
/// </summary>
internal sealed class CachedPrefixMiner : IShortcut
{
    private readonly MacCounter _counter;
    private readonly Func<int, int, List<int[]>> _clean;
    private readonly int[][] _denseA;
    private readonly int[][] _denseB;
    private readonly int[][][] _left;
    private readonly int[][][] _right;

    /// <summary>Prepares a segment.</summary>
    /// <param name="product">The product under the new header.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="stride">Entries along k between snapshots, a multiple of r.</param>
    /// <param name="counter">Does and counts the products; the cache is free.</param>
    public CachedPrefixMiner(NoisedProduct product, int segment, int stride, MacCounter counter)
    {
        _counter = counter;
        _denseA = Widen(product.DenseA);
        _denseB = Widen(product.DenseB);
        _left = [.. product.A.Select(row => Prefixes(row, product, product.StripsB, segment, stride))];
        _right = [.. product.NoisyB.Select(column => Prefixes(column, product, product.StripsA, segment, stride))];
        _clean = (tileRow, tileColumn) => NoisedProduct.Snapshots(
            product.A.AsSpan(tileRow * NoisedProduct.Edge, NoisedProduct.Edge),
            product.B.AsSpan(tileColumn * NoisedProduct.Edge, NoisedProduct.Edge),
            segment * Core.Work.TileWorkParameters.SegmentLength,
            product.LengthOfSegment(segment),
            stride,
            new MacCounter());
    }

    /// <inheritdoc/>
    public List<int[]> Snapshots(int tileRow, int tileColumn)
    {
        const int edge = NoisedProduct.Edge;
        List<int[]> snapshots = _clean(tileRow, tileColumn);
        for (int s = 0; s < snapshots.Count; s++)
        {
            for (int i = 0; i < snapshots[s].Length; i++)
            {
                int row = (tileRow * edge) + (i / edge);
                int column = (tileColumn * edge) + (i % edge);
                long correction = _counter.Dot<int>(_left[row][s], _denseB[column]) + _counter.Dot<int>(_denseA[row], _right[column][s]);
                snapshots[s][i] += (int)correction;
                _counter.Add(1);
            }
        }

        return snapshots;
    }

    private int[][] Prefixes(sbyte[] vector, NoisedProduct product, NoiseStrip[] strips, int segment, int stride)
    {
        List<int[]> prefixes = [];
        int[] sums = new int[product.Rank];
        int done = 0;
        for (int t = product.StripsOf(segment).Start.Value; t < product.StripsOf(segment).End.Value; t++)
        {
            strips[t].Scatter(vector.AsSpan(t * product.Rank, product.Rank), sums);
            _counter.Amortise(2 * product.Rank);
            done += product.Rank;
            if (done % stride == 0)
            {
                prefixes.Add([.. sums]);
            }
        }

        return [.. prefixes];
    }

    private static int[][] Widen(sbyte[][] vectors) => [.. vectors.Select(vector => Array.ConvertAll(vector, value => (int)value))];
}
