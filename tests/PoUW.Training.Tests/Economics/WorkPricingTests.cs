using System.Numerics;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Economics.TileWork;

namespace PoUW.Training.Tests.Economics;

[TestFixture]
public sealed class WorkPricingTests
{
    private static readonly TileWorkShape Shape = new(256, 256, 512, false, false);

    [Test]
    public void The_shares_add_up_to_the_subsidy()
    {
        Random random = new(1);
        for (int i = 0; i < 1_000; i++)
        {
            NetworkParameters parameters = Any(random);
            Assert.That(SubsidySplit.BaseShare(parameters) + SubsidySplit.BonusShare(parameters), Is.EqualTo(parameters.BlockSubsidy));
        }

        Assert.That(SubsidySplit.BonusShare(NetworkParameters.Development), Is.EqualTo(Amount.FromCoins(1).Scale(1, 2)), "a quarter of two coins");
    }

    /// <summary>The worked example of the research notes: 50 coins, 6e16 MACs a block, a job of one hundredth of that.</summary>
    [Test]
    public void A_job_of_one_percent_of_a_block_burns_one_percent_of_the_bonus_times_beta()
    {
        NetworkParameters parameters = NetworkParameters.Production with { BlockSubsidy = Amount.FromCoins(50), LeaseBurnBasisPoints = 10_000 };
        Amount burn = WorkPricing.BurnOf(parameters, 600_000_000_000_000, WorkTarget.TicketSpace / 60_000_000_000_000_000)!.Value;
        Assert.That(burn, Is.LessThanOrEqualTo(Amount.FromCoins(1).Scale(1, 8)));
        Assert.That(burn, Is.GreaterThan(Amount.FromCoins(1).Scale(124_999, 1_000_000)));
    }

    [Test]
    public void Burns_are_rounded_up_and_bonuses_down()
    {
        Random random = new(2);
        for (int i = 0; i < 5_000; i++)
        {
            NetworkParameters parameters = Any(random);
            BigInteger share = SubsidySplit.BonusShare(parameters).BaseUnits;
            (ulong macs, BigInteger grant, BigInteger win) = ((ulong)random.NextInt64(1, 1L << 60), AnyTarget(random), AnyTarget(random));
            TileWorkShape shape = AnyShape(random);
            BigInteger burn = WorkPricing.BurnOf(parameters, macs, grant)!.Value.BaseUnits;

            // Without division: burn - 1 < beta * share * macs * target / 2^256 <= burn.
            BigInteger exact = share * parameters.LeaseBurnBasisPoints * macs * grant;
            BigInteger unit = 10_000 * WorkTarget.TicketSpace;
            Assert.That(burn * unit, Is.GreaterThanOrEqualTo(exact));
            Assert.That((burn - 1) * unit, Is.LessThan(exact));

            BigInteger bonus = WorkPricing.BonusOf(parameters, new Amount((UInt128)burn), macs, win, shape).BaseUnits;
            BigInteger trueMacs = (BigInteger)shape.M * shape.N * shape.K;
            if (shape.M < 256 || shape.N < 256 || shape.K < 512)
            {
                Assert.That(bonus, Is.EqualTo(BigInteger.Zero));
                continue;
            }

            BigInteger byShare = share * trueMacs / shape.PaddedMacs;
            BigInteger byBurn = burn * unit * trueMacs / (macs * win * parameters.LeaseBurnBasisPoints * shape.PaddedMacs);
            Assert.That(bonus, Is.EqualTo(BigInteger.Min(byShare, byBurn)));
        }
    }

    [Test]
    public void At_the_target_of_the_grant_a_win_earns_the_whole_share()
    {
        Random random = new(3);
        for (int i = 0; i < 1_000; i++)
        {
            NetworkParameters parameters = Any(random);
            (ulong macs, BigInteger target) = ((ulong)random.NextInt64(1, 1L << 60), AnyTarget(random));
            Amount burn = WorkPricing.BurnOf(parameters, macs, target)!.Value;
            Assert.That(WorkPricing.BonusOf(parameters, burn, macs, target, Shape), Is.EqualTo(SubsidySplit.BonusShare(parameters)));
        }
    }

    [TestCase(255, 256, 512, false)]
    [TestCase(256, 255, 512, false)]
    [TestCase(256, 256, 511, false)]
    [TestCase(256, 256, 512, true)]
    public void Small_products_earn_nothing(int m, int n, int k, bool earns)
    {
        NetworkParameters parameters = NetworkParameters.Development;
        TileWorkShape shape = new(m, n, k, false, false);
        Amount burn = WorkPricing.BurnOf(parameters, 1_000_000, WorkTarget.DefaultPowLimit)!.Value;
        Assert.That(WorkPricing.BonusOf(parameters, burn, 1_000_000, WorkTarget.DefaultPowLimit, shape) != Amount.Zero, Is.EqualTo(earns));
        Assert.That(WorkPricing.CommonsBonusOf(parameters, shape) != Amount.Zero, Is.EqualTo(earns));
    }

    [Test]
    public void Padding_earns_nothing()
    {
        NetworkParameters parameters = NetworkParameters.Development;
        TileWorkShape padded = new(257, 257, 513, false, false);
        Assert.That(
            WorkPricing.CommonsBonusOf(parameters, padded), Is.EqualTo(SubsidySplit.BonusShare(parameters).Scale(257UL * 257 * 513, 288UL * 288 * 1024)));
    }

    [Test]
    public void A_price_beyond_every_amount_is_no_price()
    {
        NetworkParameters parameters = NetworkParameters.Development with { BlockSubsidy = Amount.FromCoins(1_000_000), LeaseBurnBasisPoints = 1_000_000 };
        Assert.That(WorkPricing.BurnOf(parameters, long.MaxValue, WorkTarget.TicketSpace - 1), Is.Null);
    }

    private static NetworkParameters Any(Random random) => NetworkParameters.Development with
    {
        BlockSubsidy = new Amount((UInt128)random.NextInt64(1, long.MaxValue) * (UInt128)random.Next(1, 100_000)),
        BonusBasisPoints = (ulong)random.Next(1, 10_001),
        LeaseBurnBasisPoints = (ulong)random.Next(10_000, 30_000),
    };

    private static BigInteger AnyTarget(Random random)
    {
        byte[] digits = new byte[random.Next(20, 29)];
        random.NextBytes(digits);
        return new BigInteger(digits, isUnsigned: true) + 1;
    }

    private static TileWorkShape AnyShape(Random random) =>
        new(random.Next(200, 2_000), random.Next(200, 2_000), random.Next(500, 4_000), false, random.Next(2) == 0);
}
