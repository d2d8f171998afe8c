using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// A miner that keeps prefix products and mends them, so that
/// (A'B')_s = (A B)_s + (A transpose(R_B))_s V + U (R_A B')_s.
/// The inner factors are prefix sums of signed entries, shared by all tiles of a row or column; each correction leaves r products an output
/// and snapshot, against the stride's r of the honest miner. Under a new header both are needed. Under the same header a changed A has
/// new noise but B' stays, because its seed does not depend on A: then (A B')_s is kept and one correction remains.
/// </summary>
internal sealed class CachedPrefixMiner : IShortcut
{
    private readonly MacCounter _counter;
    private readonly Func<int, int, List<int[]>> _cache;
    private readonly List<(int[][] Rows, int[][] Columns)[]> _corrections;

    private CachedPrefixMiner(
        MacCounter counter, Func<int, int, List<int[]>> cache, params IEnumerable<(int[][] Rows, int[][] Columns)>[] corrections)
    {
        _counter = counter;
        _cache = cache;
        _corrections = [.. corrections.Select(correction => correction.ToArray())];
    }

    /// <summary>Keeps (A B)_s for every header to come.</summary>
    /// <param name="product">The product under the new header.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="stride">Entries along k between snapshots, a multiple of r.</param>
    /// <param name="counter">Does and counts the products; the cache is free.</param>
    public static CachedPrefixMiner AcrossHeaders(NoisedProduct product, int segment, int stride, MacCounter counter) => new(
        counter,
        Cache(product.A, product.B, segment, product.LengthOfSegment(segment), stride),
        Prefixes(product.A, product.StripsB, product.StripsOf(segment), stride, counter).Select(rows => (rows, Widen(product.DenseB))),
        Prefixes(product.NoisyB, product.StripsA, product.StripsOf(segment), stride, counter).Select(columns => (Widen(product.DenseA), columns)));

    /// <summary>Keeps (A B')_s of one header for every A to come that differs in a few entries; their share of (A B')_s is amortised.</summary>
    /// <param name="product">The product with the changed A.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="counter">Does and counts the products; the cache is free.</param>
    public static CachedPrefixMiner AcrossVariantsOfA(NoisedProduct product, int segment, MacCounter counter) => new(
        counter,
        Cache(product.A, product.NoisyB, segment, product.LengthOfSegment(segment), product.Rank),
        Prefixes(product.NoisyB, product.StripsA, product.StripsOf(segment), product.Rank, counter)
            .Select(columns => (Widen(product.DenseA), columns)));

    /// <inheritdoc/>
    public List<int[]> Snapshots(int tileRow, int tileColumn)
    {
        const int edge = NoisedProduct.Edge;
        List<int[]> snapshots = _cache(tileRow, tileColumn);
        for (int s = 0; s < snapshots.Count; s++)
        {
            foreach ((int[][] rows, int[][] columns) in _corrections.Select(correction => correction[s]))
            {
                for (int i = 0; i < snapshots[s].Length; i++)
                {
                    int[] row = rows[(tileRow * edge) + (i / edge)];
                    snapshots[s][i] += (int)_counter.Dot<int>(row, columns[(tileColumn * edge) + (i % edge)]);
                }
            }
        }

        return snapshots;
    }

    private static Func<int, int, List<int[]>> Cache(sbyte[][] rows, sbyte[][] columns, int segment, int length, int stride) =>
        (tileRow, tileColumn) => NoisedProduct.Snapshots(
            rows.AsSpan(tileRow * NoisedProduct.Edge, NoisedProduct.Edge),
            columns.AsSpan(tileColumn * NoisedProduct.Edge, NoisedProduct.Edge),
            segment * TileWorkParameters.SegmentLength,
            length,
            stride,
            new MacCounter());

    // For every snapshot, the sums of the strips' matrices times all vectors.
    private static List<int[][]> Prefixes(sbyte[][] vectors, NoiseStrip[] strips, Range segment, int stride, MacCounter counter)
    {
        int rank = vectors[0].Length / strips.Length;
        List<int[][]> prefixes = [];
        int[][] sums = [.. vectors.Select(_ => new int[rank])];
        int done = 0;
        for (int t = segment.Start.Value; t < segment.End.Value; t++)
        {
            for (int i = 0; i < vectors.Length; i++)
            {
                strips[t].Scatter(vectors[i].AsSpan(t * rank, rank), sums[i]);
                counter.Amortise(2 * rank);
            }

            done += rank;
            if (done % stride == 0)
            {
                prefixes.Add([.. sums.Select(sum => (int[])[.. sum])]);
            }
        }

        return prefixes;
    }

    private static int[][] Widen(sbyte[][] vectors) => [.. vectors.Select(vector => Array.ConvertAll(vector, value => (int)value))];
}
