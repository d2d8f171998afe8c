using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>Why the fold is an exclusive or of integers: a sum modulo 2^32 would fall to two matrix-vector products.</summary>
public sealed class LinearFoldTests
{
    private static readonly AttackBench Bench = AttackBench.Uniform(128, 128, 2048, 13);

    [Test]
    public void ASumWouldBeMinedByTwoMatrixVectorProducts()
    {
        var counter = new MacCounter();
        var honest = new MacCounter();
        var miner = new LinearFoldMiner(Bench.Product, counter);
        for (int tile = 0; tile < 32; tile++)
        {
            (int i, int j, int g) = Tile(tile);
            uint[] expected = SnapshotFold.Sum(Bench.Product.Honest(i, j, g, Bench.Shape.Stride, honest));
            Assert.That(State(miner.Words(i, j, g)), Is.EqualTo(expected));
        }

        double cost = (double)counter.Products / honest.Products;
        double sums = (double)counter.Amortised / honest.Products;
        TestContext.Out.WriteLine($"sum fold: {cost:F4} of the products, and {sums:F4} additions if the sums of a strip were not shared");
        Assert.That(cost, Is.EqualTo(1.0 / 64).Within(1e-9).And.LessThanOrEqualTo(0.02));
    }

    [Test]
    public void TheSameMinerFailsAgainstTheExclusiveOr()
    {
        var miner = new LinearFoldMiner(Bench.Product, new MacCounter());
        for (int tile = 0; tile < 32; tile++)
        {
            (int i, int j, int g) = Tile(tile);
            uint[] guess = State(miner.Words(i, j, g));
            Assert.That(guess.Zip(Bench.Oracle.State(i, j, g)).Count(pair => pair.First == pair.Second), Is.Zero, "words that match");
            Assert.That(Bench.Judge(i, j, g, guess).Code, Is.EqualTo(ValidationCode.WrongTileState));
        }
    }

    [Test]
    public void OnlyTheLowestBitOfTheExclusiveOrIsLinear()
    {
        // Bit 0 of the fold is the parity of the sum, so it costs no more than the sum. It must stay one bit of 32.
        var miner = new LinearFoldMiner(Bench.Product, new MacCounter());
        int[] matches = new int[32];
        int words = 0;
        for (int tile = 0; tile < 8; tile++)
        {
            (int i, int j, int g) = Tile(tile);
            List<int[]> honest = Bench.Product.Honest(i, j, g, Bench.Shape.Stride, new MacCounter());
            foreach ((uint[] sums, int[] snapshot) in miner.Words(i, j, g).Zip(honest))
            {
                uint[] folded = SnapshotFold.Xor([snapshot]);
                for (int w = 0; w < folded.Length; w++, words++)
                {
                    CountMatches(sums[w], folded[w], matches);
                }
            }
        }

        double[] shares = [.. matches.Select(count => (double)count / words)];
        TestContext.Out.WriteLine($"bits that the sum predicts, from bit 0: {string.Join(' ', shares.Select(share => share.ToString("F3")))}");
        Assert.That(shares[0], Is.EqualTo(1));

        // 4,096 words with a standard deviation of 1/128; bits above the accumulators' range repeat the sign, in both folds.
        Assert.That(shares.Skip(1), Is.All.EqualTo(0.5).Within(4.0 / 128));
    }

    private static void CountMatches(uint x, uint y, int[] matches)
    {
        for (int bit = 0; bit < matches.Length; bit++)
        {
            matches[bit] += (((x ^ y) >> bit) & 1) == 0 ? 1 : 0;
        }
    }

    private static (int Row, int Column, int Segment) Tile(int tile) => (tile / 8, tile / 2 % 4, tile % 2);

    private static uint[] State(List<uint[]> words)
    {
        uint[] state = new uint[TileWorkParameters.StateWords];
        words.ForEach(snapshot => SnapshotFold.Step(state, snapshot));
        return state;
    }
}
