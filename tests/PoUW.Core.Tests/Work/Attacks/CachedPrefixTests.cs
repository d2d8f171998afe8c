namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// Keeping products for the next header costs twice what doing them again costs, because the stride is not longer than the rank is wide.
/// With a longer stride both shortcuts would pay: the control that shows that these tests can fail.
/// </summary>
public sealed class CachedPrefixTests
{
    [TestCase(1024, 0)]
    [TestCase(1536, 1)]
    [TestCase(4096, 2)]
    public void MendingACachedProductCostsTwiceTheProduct(int k, int segment)
    {
        AttackBench bench = AttackBench.Uniform(64, 64, k, 11);
        Assert.That(bench.Shape.Stride, Is.EqualTo(bench.Shape.Rank), "the inequality that all rests on is stride <= rank");
        var counter = new MacCounter();
        CachedPrefixMiner miner = CachedPrefixMiner.AcrossHeaders(bench.Product, segment, bench.Shape.Stride, counter);
        for (int tile = 0; tile < 4; tile++)
        {
            Assert.That(SnapshotFold.Xor(miner.Snapshots(tile / 2, tile % 2)), Is.EqualTo(bench.Oracle.State(tile / 2, tile % 2, segment)));
        }

        double unit = bench.Shape.UnitMacs(segment);
        double cost = counter.Products / unit / 4;
        double sums = counter.Amortised / unit / 4 * 64 / 4096;
        TestContext.Out.WriteLine($"k = {k}: {cost:F4} of the products; prefix sums {sums:F4} a ticket at m = n = 4096");
        Assert.That(cost, Is.GreaterThanOrEqualTo(2.0));
    }

    // The cheapest reuse that the seeds leave: seedB does not depend on A.
    [TestCase(1024, 0)]
    [TestCase(4096, 3)]
    public void ChangingOneEntryOfACostsTheWholeProductAgain(int k, int segment)
    {
        AttackBench before = AttackBench.Uniform(64, 64, k, 14);
        sbyte entry = before.Product.A[40][k - 1];
        AttackBench after = before.WithEntry(40, k - 1, (sbyte)(entry == 0 ? 1 : 0));
        Assert.That(after.Oracle.Seeds.SeedB, Is.EqualTo(before.Oracle.Seeds.SeedB));
        Assert.That(after.Oracle.Seeds.SeedA, Is.Not.EqualTo(before.Oracle.Seeds.SeedA));
        var counter = new MacCounter();
        CachedPrefixMiner miner = CachedPrefixMiner.AcrossVariantsOfA(after.Product, segment, counter);
        for (int tile = 0; tile < 4; tile++)
        {
            uint[] state = SnapshotFold.Xor(miner.Snapshots(tile / 2, tile % 2));
            Assert.That(state, Is.EqualTo(after.Oracle.State(tile / 2, tile % 2, segment)));
            Assert.That(state, Is.Not.EqualTo(before.Oracle.State(tile / 2, tile % 2, segment)), "no tile is left as it was");
        }

        double cost = counter.Products / 4.0 / after.Shape.UnitMacs(segment);
        TestContext.Out.WriteLine($"k = {k}: another A under the same header costs {cost:F4} of the products");
        Assert.That(cost, Is.GreaterThanOrEqualTo(1.0));
    }

    [TestCase(1024)]
    [TestCase(4096)]
    public void ADoubledStrideWouldHalveTheCostOfBothShortcuts(int k)
    {
        AttackBench bench = AttackBench.Uniform(64, 64, k, 12);
        AttackBench zero = AttackBench.Zero(64, 64, k);
        int stride = 2 * bench.Shape.Stride;
        var cachedCounter = new MacCounter();
        var zeroCounter = new MacCounter();
        double cached = Cost(bench.Product, CachedPrefixMiner.AcrossHeaders(bench.Product, 0, stride, cachedCounter), stride, cachedCounter);
        double zeros = Cost(zero.Product, new PrefixRankMiner(zero.Product, 0, stride, zeroCounter), stride, zeroCounter);
        TestContext.Out.WriteLine($"stride {stride}: zero operands {zeros:F4}, cached prefixes {cached:F4}");
        Assert.That(zeros, Is.LessThanOrEqualTo(0.55));
        Assert.That(cached, Is.EqualTo(1.0).Within(0.02));
    }

    private static double Cost(NoisedProduct product, IShortcut miner, int stride, MacCounter counter)
    {
        var honest = new MacCounter();
        for (int tile = 0; tile < 4; tile++)
        {
            List<int[]> expected = product.Honest(tile / 2, tile % 2, 0, stride, honest);
            Assert.That(SnapshotFold.Xor(miner.Snapshots(tile / 2, tile % 2)), Is.EqualTo(SnapshotFold.Xor(expected)));
        }

        return (double)counter.Products / honest.Products;
    }
}
