using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// What the attacks above feed on: ranks and repetition. Ranks are taken modulo 2^27 - 39; a matrix of full rank there has it over the
/// rationals, too.
/// </summary>
public sealed class NoiseStructureTests
{
    [TestCase(32)]
    [TestCase(64)]
    public void StripProductsHaveFullRank(int rank)
    {
        NoiseStrip[] a = Strips(1, rank, 200);
        NoiseStrip[] b = Strips(2, rank, 200);
        Assert.That(a.Zip(b, (x, y) => PrimeField.Wide.Rank(NoiseStrip.Product(x, y))), Is.All.EqualTo(rank));
    }

    [TestCase(32)]
    [TestCase(64)]
    public void PairStripsDoNot(int rank)
    {
        var random = new Random(17);
        NoiseStrip[] a = [.. Enumerable.Range(0, 200).Select(_ => NoiseStrip.Pairs(rank, random))];
        NoiseStrip[] b = [.. Enumerable.Range(0, 200).Select(_ => NoiseStrip.Pairs(rank, random))];
        double one = a.Average(strip => PrimeField.Wide.Rank(strip.ToMatrix())) / rank;
        double product = a.Zip(b, (x, y) => PrimeField.Wide.Rank(NoiseStrip.Product(x, y))).Average() / rank;
        TestContext.Out.WriteLine($"pair noise, r = {rank}: mean rank {one:F3} r of a strip, {product:F3} r of a product of two");
        Assert.That(one, Is.EqualTo(0.84).Within(0.04));
        Assert.That(product, Is.EqualTo(0.80).Within(0.03));
    }

    [TestCase(1024)]
    [TestCase(4096)]
    public void EveryStripOfTheNoiseHasFullRank(int k)
    {
        // Zero operands: A' and B' are the noise itself.
        NoisedProduct product = AttackBench.Zero(64, 64, k).Product;
        int rank = product.Rank;
        for (int start = 0; start < product.Inner; start += rank)
        {
            foreach (sbyte[][] noise in new[] { product.NoisyA, product.NoisyB })
            {
                long[][] strip = [.. noise.Take(rank).Select(row => Array.ConvertAll(row[start..(start + rank)], value => (long)value))];
                Assert.That(PrimeField.Wide.Rank(strip), Is.EqualTo(rank), $"columns from {start}");
            }
        }
    }

    [TestCase(32)]
    [TestCase(64)]
    public void PermutationsAreUniform(int rank)
    {
        const int count = 8192;
        byte[] permutations = Permutations(3, rank, count);
        double[,] positions = new double[rank, rank];
        double[,] neighbours = new double[rank, rank];
        for (int i = 0; i < permutations.Length; i++)
        {
            positions[i % rank, permutations[i]]++;
            if (i % rank > 0)
            {
                neighbours[permutations[i - 1], permutations[i]]++;
            }
        }

        // Rows and columns of the first table have fixed sums, which leaves (r - 1)^2 degrees of freedom; the statistic is scaled
        // because the variance of a cell is N/r (1 - 1/r). The cells of the second (all pairs but the diagonal) are nearly independent.
        double expected = (double)count / rank;
        double freedom = (rank - 1) * (rank - 1);
        double byPosition = (Deviation(positions, expected) * (rank - 1) / rank) - freedom;
        double pairs = rank * (rank - 1);
        double byPair = Deviation(neighbours, (double)count / rank) - (rank * expected) - pairs;
        TestContext.Out.WriteLine($"r = {rank}: z = {byPosition / Math.Sqrt(2 * freedom):F2} and {byPair / Math.Sqrt(2 * pairs):F2}");
        Assert.That(Math.Abs(byPosition) / Math.Sqrt(2 * freedom), Is.LessThan(4));
        Assert.That(Math.Abs(byPair) / Math.Sqrt(2 * pairs), Is.LessThan(4));
    }

    [TestCase(32)]
    [TestCase(64)]
    public void NoiseDoesNotRepeat(int rank)
    {
        // Equal rows of U would give equal rows of tiles; equal strips could be merged.
        using var source = new NoiseSource(Hash256.Sha256([4]), rank);
        sbyte[] dense = new sbyte[rank * 4096];
        source.DenseRows(0, dense);
        Assert.That(dense.Chunk(rank).Select(row => Convert.ToHexString((byte[])(Array)row)), Is.Unique);
        IEnumerable<string> strips = Permutations(4, rank, 8192 / rank).Chunk(rank).Select(Convert.ToHexString);
        Assert.That(strips, Is.Unique);
    }

    private static double Deviation(double[,] table, double expected) =>
        table.Cast<double>().Sum(cell => (cell - expected) * (cell - expected) / expected);

    private static NoiseStrip[] Strips(byte seed, int rank, int count) =>
        [.. Permutations(seed, rank, count).Chunk(rank).Select(permutation => NoiseStrip.FromPermutation(permutation))];

    private static byte[] Permutations(byte seed, int rank, int count)
    {
        using var source = new NoiseSource(Hash256.Sha256([seed]), rank);
        byte[] permutations = new byte[rank * count];
        source.Permutations(0, permutations);
        return permutations;
    }
}
