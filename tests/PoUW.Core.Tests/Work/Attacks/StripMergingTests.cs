using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>
/// The cheapest known way to the tickets of zero operands, and so the figure that the hardness claim may state: at least 0.62 of the
/// products, and no less than the honest cost on int8 units. The miner is as fast as theory allows; should a change of the noise make
/// merging dearer or cheaper, these figures move.
/// </summary>
public sealed class StripMergingTests
{
    // Two primes just above 2^16: together above 2^25, so that they give every accumulator.
    private static readonly PrimeField One = new(65_537);
    private static readonly PrimeField Other = new(65_539);

    [TestCase(1024, 0, 1, 0.75)]
    [TestCase(1024, 0, 2, 0.6875)]
    [TestCase(1024, 0, 3, 0.625)]
    [TestCase(4096, 3, 1, 0.75)]
    [TestCase(4096, 3, 2, 0.671875)]
    [TestCase(4096, 3, 3, 0.625)]
    public void MergedStripsGiveEverySnapshot(int k, int segment, int common, double expected)
    {
        AttackBench bench = AttackBench.Zero(64, 64, k);
        var counter = new MacCounter();
        var miner = new MergingMiner(bench.Product, segment, common, One, new Random(common), counter);
        int terms = common * (bench.Shape.Rank / (common + 1));
        Assert.That(miner.ResidualRanks, Is.All.EqualTo((bench.Shape.Rank - terms, bench.Shape.Rank - terms)));

        for (int tile = 0; tile < 4; tile++)
        {
            List<int[]> honest = bench.Product.Honest(tile / 2, tile % 2, segment, bench.Shape.Stride, new MacCounter());
            Assert.That(SnapshotFold.Xor(honest), Is.EqualTo(bench.Oracle.State(tile / 2, tile % 2, segment)));
            List<long[]> residues = miner.Residues(tile / 2, tile % 2);
            Assert.That(residues, Has.Count.EqualTo(honest.Count));
            Assert.That(residues.Zip(honest).All(pair => pair.First.SequenceEqual(pair.Second.Select(sum => One.Reduce(sum)))), Is.True);
        }

        double unit = bench.Shape.UnitMacs(segment);
        double products = counter.Products / unit / 4;
        double withAdditions = (counter.Products + counter.Additions) / unit / 4;
        double factors = counter.Amortised / unit / 4;
        TestContext.Out.WriteLine(
            $"r = {bench.Shape.Rank}, {common} common: {products:F4} products, {withAdditions:F4} with additions, " +
            $"{2 * products:F4} int8-equivalents; factors {factors:F3} per ticket at this size");
        Assert.That(products, Is.EqualTo(expected).Within(1e-9));
        Assert.That(products, Is.GreaterThanOrEqualTo(0.62));
        Assert.That(2 * products, Is.GreaterThanOrEqualTo(1.0), "two primes; a 16-bit product priced as one of int8, which is generous");
    }

    [TestCase(1)]
    [TestCase(3)]
    public void TwoPrimesGiveTheExactState(int common)
    {
        AttackBench bench = AttackBench.Zero(32, 64, 1024);
        var counter = new MacCounter();
        var one = new MergingMiner(bench.Product, 0, common, One, new Random(7), counter);
        var other = new MergingMiner(bench.Product, 0, common, Other, new Random(8), counter);
        for (int j = 0; j < 2; j++)
        {
            uint[] state = SnapshotFold.Xor(MergingMiner.Combine(one, other, 0, j));
            Assert.That(state, Is.EqualTo(bench.Oracle.State(0, j, 0)));
            Assert.That(bench.Judge(0, j, 0, state).IsValid, Is.True);
        }

        double cost = counter.Products / (2.0 * TileWorkParameters.UnitMacs);
        TestContext.Out.WriteLine($"{common} common: {cost:F4} products of 16 bits a ticket for exact snapshots");
        Assert.That(cost, Is.GreaterThanOrEqualTo(1.0));
    }

    [Test]
    public void OneSmallPrimeDoesNotGiveTheState()
    {
        // What the second prime is for: accumulators of 24 bits do not survive a modulus of 17.
        AttackBench bench = AttackBench.Zero(32, 32, 1024);
        var miner = new MergingMiner(bench.Product, 0, 3, One, new Random(9), new MacCounter());
        IEnumerable<int[]> lifted = miner.Residues(0, 0).Select(sums => Array.ConvertAll(sums, sum => (int)One.Centre(sum)));
        Assert.That(SnapshotFold.Xor(lifted), Is.Not.EqualTo(bench.Oracle.State(0, 0, 0)));
    }
}
