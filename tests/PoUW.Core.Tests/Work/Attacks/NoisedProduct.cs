using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// A product with all that its owner knows: operands, noise and the factors of the noise, whole and in the plain form of the definition
/// (A' = A + U R_A, B' = B + transpose(R_B) V). Rows of A and columns of B are multiples of 32; nothing is transposed.
/// </summary>
internal sealed class NoisedProduct
{
    public const int Edge = TileWorkParameters.TileSize;

    private NoisedProduct(sbyte[][] a, sbyte[][] b, sbyte[][] denseA, sbyte[][] denseB, NoiseStrip[] stripsA, NoiseStrip[] stripsB)
    {
        (A, B, DenseA, DenseB, StripsA, StripsB) = (a, b, denseA, denseB, stripsA, stripsB);
        Rank = denseA[0].Length;
        NoisyA = [.. a.Select((row, i) => AddNoise(row, denseA[i], stripsA))];
        NoisyB = [.. b.Select((column, j) => AddNoise(column, denseB[j], stripsB))];
    }

    /// <summary>r.</summary>
    public int Rank { get; }

    /// <summary>Inner dimension, virtual zeros included.</summary>
    public int Inner => A[0].Length;

    /// <summary>Rows of A.</summary>
    public sbyte[][] A { get; }

    /// <summary>Columns of B.</summary>
    public sbyte[][] B { get; }

    /// <summary>Rows of A'.</summary>
    public sbyte[][] NoisyA { get; }

    /// <summary>Columns of B'.</summary>
    public sbyte[][] NoisyB { get; }

    /// <summary>Rows of U.</summary>
    public sbyte[][] DenseA { get; }

    /// <summary>Columns of V.</summary>
    public sbyte[][] DenseB { get; }

    /// <summary>Strips of R_A.</summary>
    public NoiseStrip[] StripsA { get; }

    /// <summary>Strips of R_B.</summary>
    public NoiseStrip[] StripsB { get; }

    /// <summary>The product that a certificate describes.</summary>
    /// <param name="shape">Dimensions.</param>
    /// <param name="seeds">Seeds of the noise.</param>
    /// <param name="a">A, row-major.</param>
    /// <param name="b">B, row-major.</param>
    public static NoisedProduct Of(in TileWorkShape shape, TileWorkSeeds seeds, sbyte[] a, sbyte[] b)
    {
        int n = shape.N;
        int k = shape.K;
        sbyte[][] rows = [.. Enumerable.Range(0, shape.M).Select(i => a.AsSpan(i * k, k).ToArray())];
        sbyte[][] columns = [.. Enumerable.Range(0, n).Select(j => Enumerable.Range(0, k).Select(l => b[(l * n) + j]).ToArray())];
        int padded = shape.PaddedK;
        (sbyte[][] denseA, NoiseStrip[] stripsA) = Read(seeds.SeedA, shape.Rank, rows.Length, padded);
        (sbyte[][] denseB, NoiseStrip[] stripsB) = Read(seeds.SeedB, shape.Rank, columns.Length, padded);
        return new NoisedProduct(Pad(rows, padded), Pad(columns, padded), denseA, denseB, stripsA, stripsB);
    }

    /// <summary>Zero operands under pair noise, the counterexample of <see cref="NoiseStrip.Pairs"/>.</summary>
    public static NoisedProduct ZeroWithPairs(int rows, int columns, int inner, int rank, Random random) => new(
        Zeros(rows, inner),
        Zeros(columns, inner),
        RandomDense(rows, rank, random),
        RandomDense(columns, rank, random),
        [.. Enumerable.Range(0, inner / rank).Select(_ => NoiseStrip.Pairs(rank, random))],
        [.. Enumerable.Range(0, inner / rank).Select(_ => NoiseStrip.Pairs(rank, random))]);

    /// <summary>Length of a segment.</summary>
    public int LengthOfSegment(int segment) => TileWorkParameters.LengthOfSegment(Inner, segment);

    /// <summary>The strips of a segment.</summary>
    public Range StripsOf(int segment)
    {
        int first = segment * TileWorkParameters.SegmentLength / Rank;
        return first..(first + (LengthOfSegment(segment) / Rank));
    }

    /// <summary>The accumulators of a tile at every snapshot, as an honest miner gets them.</summary>
    /// <param name="rows">32 rows.</param>
    /// <param name="columns">32 columns.</param>
    /// <param name="start">First entry along k.</param>
    /// <param name="length">Entries along k.</param>
    /// <param name="stride">Entries between snapshots; consensus says r, a test may take another.</param>
    /// <param name="counter">Does the products.</param>
    public static List<int[]> Snapshots(
        ReadOnlySpan<sbyte[]> rows, ReadOnlySpan<sbyte[]> columns, int start, int length, int stride, MacCounter counter)
    {
        List<int[]> snapshots = [];
        int[] sums = new int[Edge * Edge];
        for (int from = start; from < start + length; from += stride)
        {
            for (int u = 0; u < Edge; u++)
            {
                ReadOnlySpan<sbyte> row = rows[u].AsSpan(from, stride);
                for (int v = 0; v < Edge; v++)
                {
                    sums[(u * Edge) + v] += (int)counter.Dot(row, columns[v].AsSpan(from, stride));
                }
            }

            snapshots.Add([.. sums]);
        }

        return snapshots;
    }

    /// <summary>The honest snapshots of tile (<paramref name="tileRow"/>, <paramref name="tileColumn"/>) in a segment.</summary>
    public List<int[]> Honest(int tileRow, int tileColumn, int segment, int stride, MacCounter counter) => Snapshots(
        NoisyA.AsSpan(tileRow * Edge, Edge),
        NoisyB.AsSpan(tileColumn * Edge, Edge),
        segment * TileWorkParameters.SegmentLength,
        LengthOfSegment(segment),
        stride,
        counter);

    private static (sbyte[][] Dense, NoiseStrip[] Strips) Read(Hash256 seed, int rank, int vectors, int inner)
    {
        using var source = new NoiseSource(seed, rank);
        sbyte[] dense = new sbyte[vectors * rank];
        byte[] permutations = new byte[inner];
        source.DenseRows(0, dense);
        source.Permutations(0, permutations);
        return (
            [.. dense.Chunk(rank)],
            [.. permutations.Chunk(rank).Select(permutation => NoiseStrip.FromPermutation(permutation))]);
    }

    private static sbyte[] AddNoise(sbyte[] clean, sbyte[] dense, NoiseStrip[] strips)
    {
        int rank = dense.Length;
        sbyte[] noisy = new sbyte[clean.Length];
        for (int l = 0; l < clean.Length; l++)
        {
            noisy[l] = (sbyte)(clean[l] + strips[l / rank].Entry(dense, l % rank));
        }

        return noisy;
    }

    private static sbyte[][] Pad(sbyte[][] vectors, int inner) =>
        [.. vectors.Select(vector => (sbyte[])[.. vector, .. new sbyte[inner - vector.Length]])];

    private static sbyte[][] Zeros(int vectors, int inner) => [.. Enumerable.Range(0, vectors).Select(_ => new sbyte[inner])];

    private static sbyte[][] RandomDense(int vectors, int rank, Random random) =>
        [.. Enumerable.Range(0, vectors).Select(_ => Enumerable.Range(0, rank).Select(_ => (sbyte)random.Next(-32, 32)).ToArray())];
}
