using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// A miner that multiplies zeros knows the factors of everything. With the noise of TW1 the factors save next to nothing; with pair
/// noise they would save a fifth.
/// </summary>
public sealed class ZeroOperandTests
{
    [TestCase(1024, 0)]
    [TestCase(512, 0)]
    [TestCase(4096, 3)]
    public void PlainShortcutCostsAsMuchAsTheProduct(int k, int segment)
    {
        AttackBench bench = AttackBench.Zero(128, 256, k);
        var counter = new MacCounter();
        var miner = new PrefixRankMiner(bench.Product, segment, bench.Shape.Stride, counter);
        double cost = MeasureAgainstTheOracle(bench, miner, segment, counter, 16);
        Assert.That(cost, Is.GreaterThanOrEqualTo(0.98).And.LessThan(1), "one product in 64 is by a zero");
    }

    [TestCase(1024, 0)]
    [TestCase(4096, 3)]
    public void StripsHaveNoRankToSave(int k, int segment)
    {
        AttackBench bench = AttackBench.Zero(64, 64, k);
        var counter = new MacCounter();
        var miner = new StripRankMiner(bench.Product, segment, counter);
        double cost = MeasureAgainstTheOracle(bench, miner, segment, counter, 2);
        Assert.That(cost, Is.GreaterThanOrEqualTo(0.98).And.LessThanOrEqualTo(1));
    }

    // Negative control: the same miner on the noise that TW1 does not use.
    [TestCase(32)]
    [TestCase(64)]
    public void PairNoiseWouldGiveAFifthAway(int rank)
    {
        var product = NoisedProduct.ZeroWithPairs(64, 64, 1024, rank, new Random(5));
        var counter = new MacCounter();
        var honest = new MacCounter();
        var miner = new StripRankMiner(product, 0, counter);
        for (int tile = 0; tile < 4; tile++)
        {
            List<int[]> expected = product.Honest(tile / 2, tile % 2, 0, rank, honest);
            Assert.That(SameSnapshots(miner.Snapshots(tile / 2, tile % 2), expected), Is.True, $"tile {tile}");
        }

        double cost = (double)counter.Products / honest.Products;
        TestContext.Out.WriteLine($"pair noise, r = {rank}: {cost:F4} of the products; ranks {string.Join(' ', miner.Ranks)}");
        Assert.That(honest.Products, Is.EqualTo(4 * TileWorkParameters.UnitMacs));
        Assert.That(cost, Is.GreaterThan(0.7).And.LessThan(0.87));
    }

    private static double MeasureAgainstTheOracle(AttackBench bench, IShortcut miner, int segment, MacCounter counter, int tiles)
    {
        for (int tile = 0; tile < tiles; tile++)
        {
            int i = tile % bench.Shape.TileRows;
            int j = tile % bench.Shape.TileColumns;
            Assert.That(SnapshotFold.Xor(miner.Snapshots(i, j)), Is.EqualTo(bench.Oracle.State(i, j, segment)), $"tile {i}, {j}");
        }

        double unit = bench.Shape.UnitMacs(segment);
        double cost = counter.Products / unit / tiles;
        double factors = counter.Amortised / unit / bench.Shape.TileRows / bench.Shape.TileColumns * bench.Shape.N / 4096;
        TestContext.Out.WriteLine(
            $"k = {bench.Shape.K}, segment {segment}: {cost:F4} of the products of a ticket; factors {factors:F4} a ticket at m = n = 4096");
        return cost;
    }

    private static bool SameSnapshots(List<int[]> x, List<int[]> y) =>
        x.Count == y.Count && x.Zip(y).All(pair => pair.First.SequenceEqual(pair.Second));
}
