using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Work.Attacks;

/// <summary>Work that was left out is found out, and work that was done pays in proportion.</summary>
public sealed class SkipWorkTests
{
    // 16 x 20 tiles, a segment of 1,024 and one of 512.
    private static readonly AttackBench Bench = AttackBench.Uniform(512, 640, 1536, 1);

    [TestCase(SkippedWork.Nothing, 640, 640)]
    [TestCase(SkippedWork.Stride, 640, 0)]
    [TestCase(SkippedWork.Row, 640, 0)]
    [TestCase(SkippedWork.Column, 640, 0)]
    [TestCase(SkippedWork.LastSegment, 320, 0)]
    public void ClaimsOfALazyMinerAreRefused(SkippedWork skipped, int claims, int accepted)
    {
        var miner = new LazyMiner(Bench.Product, skipped, new Random(2));
        List<ValidationCode> verdicts = [];
        for (int segment = skipped == SkippedWork.LastSegment ? 1 : 0; segment < 2; segment++)
        {
            for (int tile = 0; tile < 320; tile++)
            {
                (int i, int j) = Math.DivRem(tile, 20);
                verdicts.Add(Bench.Judge(i, j, segment, miner.State(i, j, segment)).Code);
            }
        }

        Assert.That(verdicts, Has.Count.EqualTo(claims));
        Assert.That(verdicts.Count(code => code == ValidationCode.Ok), Is.EqualTo(accepted));
        Assert.That(verdicts.Count(code => code == ValidationCode.WrongTileState), Is.EqualTo(claims - accepted), "refused for the state");
    }

    // The rest of the tiles is claimed, too, with states that cost nothing: a third of those tickets wins as well, and every one is refused.
    [TestCase(1)]
    [TestCase(4)]
    [TestCase(7)]
    public void AFractionOfTheTilesWinsThatFraction(int eighths)
    {
        const double winning = 1.0 / 3;
        var random = new Random(3);
        var miner = new LazyMiner(Bench.Product, SkippedWork.Nothing, random);
        int mined = 0;
        int wins = 0;
        int refused = 0;
        for (int ticket = 0; ticket < 640; ticket++)
        {
            (int i, int j, int g) = (ticket / 40, ticket / 2 % 20, ticket % 2);
            bool honest = random.Next(8) < eighths;
            uint[] state = honest ? miner.State(i, j, g) : [.. Enumerable.Range(0, 16).Select(_ => (uint)random.NextInt64(1L << 32))];
            ValidationCode verdict = Bench.Verify(Bench.Claim(i, j, g, state), Bench.EasyTarget(g) / 3).Code;
            mined += honest ? 1 : 0;
            wins += verdict == ValidationCode.Ok ? 1 : 0;
            refused += verdict == ValidationCode.WrongTileState ? 1 : 0;
        }

        double z = Deviation(wins, mined, winning);
        double free = Deviation(refused, 640 - mined, winning);
        TestContext.Out.WriteLine($"{mined} of 640 tickets: {wins} wins, z = {z:F2}; {refused} forgeries refused, z = {free:F2}");
        Assert.That(Math.Abs(z), Is.LessThan(4));
        Assert.That(Math.Abs(free), Is.LessThan(4));
    }

    private static double Deviation(int count, int trials, double probability) =>
        (count - (trials * probability)) / Math.Sqrt(trials * probability * (1 - probability));
}
