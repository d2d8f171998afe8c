using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// The miner that a linear fold would breed. If word j of a snapshot were the sum of the accumulators of its columns modulo 2^32, it would
/// be (sum of the tile's rows of A') (sum of the columns j modulo 16 of B'): 16 inner products a tile instead of 1,024.
/// </summary>
internal sealed class LinearFoldMiner
{
    private readonly NoisedProduct _product;
    private readonly MacCounter _counter;

    public LinearFoldMiner(NoisedProduct product, MacCounter counter)
    {
        _product = product;
        _counter = counter;
    }

    /// <summary>The 16 sums of every snapshot of a tile.</summary>
    public List<uint[]> Words(int tileRow, int tileColumn, int segment)
    {
        const int edge = NoisedProduct.Edge;
        const int words = TileWorkParameters.StateWords;
        int start = segment * TileWorkParameters.SegmentLength;
        int length = _product.LengthOfSegment(segment);
        int[] row = Sum(_product.NoisyA.AsSpan(tileRow * edge, edge), 1, start, length);
        int[][] columns =
            [.. Enumerable.Range(0, words).Select(j => Sum(_product.NoisyB.AsSpan((tileColumn * edge) + j, edge - words + 1), words, start, length))];

        List<uint[]> snapshots = [];
        uint[] sums = new uint[words];
        for (int from = 0; from < length; from += _product.Rank)
        {
            for (int j = 0; j < words; j++)
            {
                long increment = _counter.Dot<int>(row.AsSpan(from, _product.Rank), columns[j].AsSpan(from, _product.Rank));
                sums[j] = unchecked(sums[j] + (uint)increment);
            }

            snapshots.Add([.. sums]);
        }

        return snapshots;
    }

    private int[] Sum(ReadOnlySpan<sbyte[]> vectors, int step, int start, int length)
    {
        int[] sums = new int[length];
        for (int i = 0; i < vectors.Length; i += step)
        {
            for (int l = 0; l < length; l++)
            {
                sums[l] += vectors[i][start + l];
            }

            _counter.Amortise(length);
        }

        return sums;
    }
}
