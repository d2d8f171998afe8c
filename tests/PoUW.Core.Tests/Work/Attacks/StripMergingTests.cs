using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// The cheapest known way to the tickets of zero operands, and so the figure that the hardness claim may state. Should a change of the
/// noise make merging dearer or cheaper, these figures move.
/// </summary>
public sealed class StripMergingTests
{
    [TestCase(1024, 0, 1, 48, 0)]
    [TestCase(1024, 0, 2, 44, 2)]
    [TestCase(1024, 0, 3, 40, 4)]
    [TestCase(4096, 3, 1, 96, 0)]
    [TestCase(4096, 3, 2, 86, 2)]
    [TestCase(4096, 3, 3, 80, 4)]
    public void MergedStripsGiveEverySnapshot(int k, int segment, int common, int products, int additions)
    {
        Cost cost = Measure(k, segment, common);
        Assert.That(cost.Products, Is.EqualTo(products / (2.0 * cost.Rank)).Within(1e-9));
        Assert.That(cost.Additions, Is.EqualTo(additions / (2.0 * cost.Rank)).Within(1e-9));
        Assert.That(cost.Products, Is.GreaterThanOrEqualTo(0.62));
        Assert.That(cost.Products + cost.Additions, Is.GreaterThanOrEqualTo(0.65));
        Assert.That(2 * cost.Products, Is.GreaterThanOrEqualTo(1.0), "two primes of 16 bits, a product priced as one of int8");
    }

    // More and smaller groups: products fall towards r for two strips, which is the least that any method can need for an invertible
    // matrix (r - 1 groups need r + 1), and additions eat the gain.
    [TestCase(1024, 0, 7, 36, 12)]
    [TestCase(1024, 0, 15, 34, 28)]
    [TestCase(1024, 0, 31, 33, 60)]
    [TestCase(4096, 3, 7, 72, 12)]
    [TestCase(4096, 3, 15, 68, 28)]
    public void SmallGroupsTradeProductsForAdditions(int k, int segment, int common, int products, int additions)
    {
        Cost cost = Measure(k, segment, common);
        Assert.That(cost.Products, Is.EqualTo(products / (2.0 * cost.Rank)).Within(1e-9));
        Assert.That(cost.Additions, Is.EqualTo(additions / (2.0 * cost.Rank)).Within(1e-9));
        Assert.That(cost.Products + cost.Additions, Is.GreaterThanOrEqualTo(0.65));
        Assert.That(2 * cost.Products, Is.GreaterThanOrEqualTo(1.0));
    }

    // Two primes of 17 bits give any accumulator. Zero operands need less: 1024 * 63^2 is below half of 251 * 241 * 239, and the snapshots of
    // these tiles are far below half of 1021 * 1031. So the residues, centred, fit multipliers of 8 bits in three passes and of
    // 16 bits (or the exact range of fp32) in two. Every pass costs 2r - a.
    [TestCase(1, new[] { 65_537, 65_539 }, 1.5)]
    [TestCase(3, new[] { 65_537, 65_539 }, 1.25)]
    [TestCase(3, new[] { 1_021, 1_031 }, 1.25)]
    [TestCase(3, new[] { 251, 241, 239 }, 1.875)]
    [TestCase(7, new[] { 251, 241, 239 }, 1.6875)]
    public void SeveralPrimesGiveTheExactState(int common, int[] primes, double expected)
    {
        AttackBench bench = AttackBench.Zero(32, 64, 1024);
        var counter = new MacCounter();
        var random = new Random(7);
        MergingMiner[] miners =
            [.. primes.Select(prime => new MergingMiner(bench.Product, 0, common, new PrimeField(prime), random, counter))];
        for (int j = 0; j < 2; j++)
        {
            uint[] state = SnapshotFold.Xor(MergingMiner.Combine(miners, 0, j));
            Assert.That(state, Is.EqualTo(bench.Oracle.State(0, j, 0)));
            Assert.That(bench.Judge(0, j, 0, state).IsValid, Is.True);
        }

        double cost = counter.Products / (2.0 * TileWorkParameters.UnitMacs);
        TestContext.Out.WriteLine(
            $"{common} common, modulo {string.Join(", ", primes)}: {cost:F4} products and " +
            $"{counter.Additions / (2.0 * TileWorkParameters.UnitMacs):F4} additions a ticket, exact");
        Assert.That(cost, Is.EqualTo(expected).Within(1e-9).And.GreaterThanOrEqualTo(1.0));
    }

    // The limit of the claim: with multipliers of 20 bits as cheap as the honest miner's of 8, one pass is enough.
    [Test]
    public void OneWidePrimeGivesTheExactStateToo()
    {
        AttackBench bench = AttackBench.Zero(32, 32, 1024);
        var counter = new MacCounter();
        var miner = new MergingMiner(bench.Product, 0, 3, new PrimeField(1_048_573), new Random(8), counter);
        Assert.That(SnapshotFold.Xor(MergingMiner.Combine([miner], 0, 0)), Is.EqualTo(bench.Oracle.State(0, 0, 0)));
        Assert.That(counter.Products, Is.EqualTo(TileWorkParameters.UnitMacs * 5 / 8));
    }

    // What the other primes are for.
    [TestCase(new[] { 65_537 })]
    [TestCase(new[] { 251, 241 })]
    public void FewerPrimesDoNot(int[] primes)
    {
        AttackBench bench = AttackBench.Zero(64, 64, 1024);
        var random = new Random(9);
        MergingMiner[] miners =
            [.. primes.Select(prime => new MergingMiner(bench.Product, 0, 3, new PrimeField(prime), random, new MacCounter()))];
        for (int tile = 0; tile < 4; tile++)
        {
            uint[] state = SnapshotFold.Xor(MergingMiner.Combine(miners, tile / 2, tile % 2));
            Assert.That(bench.Judge(tile / 2, tile % 2, 0, state).Code, Is.EqualTo(ValidationCode.WrongTileState));
        }
    }

    private static Cost Measure(int k, int segment, int common)
    {
        var field = new PrimeField(65_537);
        AttackBench bench = AttackBench.Zero(64, 64, k);
        int rank = bench.Shape.Rank;
        var counter = new MacCounter();
        var miner = new MergingMiner(bench.Product, segment, common, field, new Random(common), counter);
        int left = rank - (common * (rank / (common + 1)));
        Assert.That(miner.ResidualRanks, Is.All.EqualTo((left, left)));
        for (int tile = 0; tile < 4; tile++)
        {
            List<int[]> honest = bench.Product.Honest(tile / 2, tile % 2, segment, bench.Shape.Stride, new MacCounter());
            Assert.That(SnapshotFold.Xor(honest), Is.EqualTo(bench.Oracle.State(tile / 2, tile % 2, segment)));
            List<long[]> residues = miner.Residues(tile / 2, tile % 2);
            Assert.That(residues, Has.Count.EqualTo(honest.Count));
            Assert.That(residues.Zip(honest).All(pair => pair.First.SequenceEqual(pair.Second.Select(sum => field.Reduce(sum)))), Is.True);
        }

        double unit = 4.0 * bench.Shape.UnitMacs(segment);
        var cost = new Cost(rank, counter.Products / unit, counter.Additions / unit);
        TestContext.Out.WriteLine(
            $"r = {rank}, {common} common: {cost.Products:F4} products, {cost.Products + cost.Additions:F4} with additions; " +
            $"factors {counter.Amortised / unit * 64 / 4096:F4} a ticket at m = n = 4096");
        return cost;
    }

    // Shares of the honest multiplications.
    private sealed record Cost(int Rank, double Products, double Additions);
}
