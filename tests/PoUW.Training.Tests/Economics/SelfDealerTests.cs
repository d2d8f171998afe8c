using System.Numerics;
using PoUW.Core.Jobs;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Economics.TileWork;

namespace PoUW.Training.Tests.Economics;

/// <summary>
/// Somebody orders a worthless job, leases it to itself and draws every ticket that the schedule allows, the earliest and the latest, while a
/// fifth of all blocks are dated back for it. Its bonuses must not exceed its burns, whatever hash power does. That its products cost as much
/// as honest ones, and that it pays its own escrow, is left out: the bound has to hold without.
/// </summary>
[TestFixture]
public sealed class SelfDealerTests
{
    private const int Blocks = 500;
    private const int Change = 150;

    // Blocks that are dated back: one in five, as the burn factor of 1.25 covers.
    private const int LiarsOneIn = 5;
    private const int MaxRunOfLiars = 12;

    private static readonly TileWorkShape Product = new(2_048, 2_048, 4_096, false, false);

    public static IEnumerable<TestCaseData> Paths()
    {
        (string Name, Func<double, double> Power)[] paths =
        [
            ("constant", static _ => 1),
            ("ten times less", static time => time < Change ? 1 : 0.1),
            ("ten times more", static time => time < Change ? 1 : 10),
            ("halvings", static time => Math.Pow(0.5, Math.Min(8, Math.Floor(time / 60)))),
            ("doublings", static time => Math.Pow(2, Math.Min(8, Math.Floor(time / 20)))),
            ("swings", static time => Math.Floor(time / 40) % 2 == 0 ? 1 : 4),
            ("fast swings", static time => 1 + (0.9 * Math.Sin(time))),
            ("a short flood", static time => time is > Change and < Change + 2 ? 100 : 1),
        ];
        foreach (NetworkParameters preset in new[] { NetworkParameters.Development, NetworkParameters.Test, NetworkParameters.Production })
        {
            foreach ((string name, Func<double, double> power) in paths)
            {
                yield return new TestCaseData(Roomy(preset), power).SetArgDisplayNames(preset.Name, name);
            }
        }
    }

    /// <summary>Exact: the expectation over tickets and over who dates back, on the mean path, for leases of many lengths and speeds.</summary>
    [TestCaseSource(nameof(Paths))]
    public void The_expected_bonus_of_every_lease_is_at_most_its_burn(NetworkParameters parameters, Func<double, double> power)
    {
        DealerChain chain = DealerChain.Grow(parameters, Blocks, power);
        (ulong Blocks, int Operations)[] kinds = [(1, 1), (3, 5), (20, 30), (60, 7)];
        double best = 0;
        foreach ((ulong duration, int operations) in kinds)
        {
            for (int grant = 5; grant < Blocks - 150; grant += 6)
            {
                Dealing dealing = Dealing.Grant(chain, grant, duration, operations);
                (BigInteger bonus, BigInteger scale) = ExpectedBonus(chain, dealing);
                Assert.That(bonus, Is.LessThanOrEqualTo((BigInteger)dealing.Burn.BaseUnits * scale), $"granted at {grant}, {duration} blocks");
                best = Math.Max(best, Ratio(bonus, (BigInteger)dealing.Burn.BaseUnits * scale));
            }
        }

        TestContext.Out.WriteLine($"largest expected bonus over burn of a lease: {best:F4}");
        Assert.That(best, Is.GreaterThan(0.9), "the bound is nearly reached, so the test can fail");
    }

    /// <summary>The same with times between blocks, liars and winning tickets drawn at random.</summary>
    [TestCaseSource(nameof(Paths))]
    public void Sampled_bonuses_stay_within_the_sampling_error_of_the_burns(NetworkParameters parameters, Func<double, double> power)
    {
        Random random = new(11);
        (double expected, double sampled, double variance, double burned) = (0, 0, 0, 0);
        for (int run = 0; run < 6; run++)
        {
            DealerChain chain = DealerChain.Grow(parameters, Blocks, power, random, 1.0 / LiarsOneIn);
            for (int grant = 20; grant < Blocks - 150; grant += 5)
            {
                Dealing dealing = Dealing.Grant(chain, grant, 20, 30);
                burned += (double)dealing.Burn.BaseUnits;
                foreach ((double chance, double bonus) in Draws(chain, dealing))
                {
                    expected += chance * bonus;
                    variance += chance * bonus * bonus;
                    sampled += random.NextDouble() < chance ? bonus : 0;
                }
            }
        }

        TestContext.Out.WriteLine($"bonus over burn of all leases: {expected / burned:F3} expected, {sampled / burned:F3} sampled");
        Assert.That(expected / burned, Is.LessThanOrEqualTo(1.05), "who dates back which block is random, too");
        Assert.That(sampled / burned, Is.LessThanOrEqualTo(1.05 + (4 * Math.Sqrt(variance) / burned)));
        Assert.That(sampled, Is.GreaterThan(0.2 * burned));
    }

    /// <summary>Negative control: burn and bonus by an average of targets, as the first design had it, lose several times the burn.</summary>
    [Test]
    public void Priced_by_an_average_of_targets_the_dealer_would_gain_after_a_drop()
    {
        NetworkParameters parameters = Roomy(NetworkParameters.Production) with { LeaseBurnBasisPoints = 10_000 };
        DealerChain chain = DealerChain.Grow(parameters, 1_200, static time => time < Change ? 1 : 0.1);
        BigInteger average = chain.Targets[0];
        double peak = 0;
        double real = 0;
        for (int block = 1; block < chain.Blocks; block++)
        {
            average += (chain.Targets[block] - average) / 2_016;
            const ulong macs = 1UL << 40;
            double expectedWins = Ratio(macs * chain.Targets[block], WorkTarget.TicketSpace);
            Amount averaged = WorkPricing.BurnOf(parameters, macs, average)!.Value;
            Amount bonus = WorkPricing.BonusOf(parameters, averaged, macs, average, Product);
            peak = Math.Max(peak, expectedWins * (double)bonus.BaseUnits / (double)averaged.BaseUnits);
            Amount settled = WorkPricing.BonusOf(parameters, averaged, macs, chain.Targets[block], Product);
            real = Math.Max(real, expectedWins * (double)settled.BaseUnits / (double)averaged.BaseUnits);
        }

        TestContext.Out.WriteLine($"bonus over burn after the drop: {peak:F2} by the average, {real:F2} at the win");
        Assert.That(peak, Is.GreaterThan(3));
        Assert.That(real, Is.LessThanOrEqualTo(1.000001));
    }

    /// <summary>Negative control: a schedule without the ancestors' lead, while hash power is ten times what the target is made for.</summary>
    [Test]
    public void Without_the_ancestors_lead_the_dealer_would_gain_after_a_rise()
    {
        NetworkParameters parameters = Roomy(NetworkParameters.Production);
        DealerChain chain = DealerChain.Grow(parameters, Blocks, static time => time < Change ? 1 : 10);
        Dealing dealing = Dealing.Grant(chain, Change + 10, 3, 100);
        Dealing loose = dealing with { Schedule = dealing.Schedule with { LeadMs = 0 } };
        double With(Dealing deal) => Draws(chain, deal).Sum(draw => draw.Chance * draw.Bonus) / (double)deal.Burn.BaseUnits;
        TestContext.Out.WriteLine($"bonus over burn after the rise: {With(loose):F2} without the ancestors' lead, {With(dealing):F2} with it");
        Assert.That(With(dealing), Is.LessThanOrEqualTo(0.8), "one draw at a burn of 1.25");
        Assert.That(With(loose), Is.GreaterThan(2));
    }

    /// <summary>
    /// What was burned for can be drawn, however fast blocks come: with right clocks each operation has exactly one parent. A schedule that
    /// starts two block times after the grant passes operations before the lease is deep while blocks come slowly.
    /// </summary>
    [TestCase(0.05, true)]
    [TestCase(1.0 / 3, true)]
    [TestCase(1, true)]
    [TestCase(20, false)]
    public void Every_operation_of_a_lease_can_be_drawn_once_whatever_the_speed_of_blocks(double hashPower, bool slow)
    {
        // No difficulty rule to speak of, so that the speed lasts.
        NetworkParameters parameters = Roomy(NetworkParameters.Production) with { AsertHalfLifeBlocks = 1_000_000 };
        DealerChain chain = DealerChain.Grow(parameters, Blocks, _ => hashPower, new Random(12));
        (int drawn, int lost) = (0, 0);
        for (int grant = 5; grant < Blocks - 250; grant += 5)
        {
            Dealing dealing = Dealing.Grant(chain, grant, 3, 50);
            WorkSchedule fixedByGrant = dealing.Schedule with { StartMs = chain.Latest[grant] + (2 * parameters.BlockTimeMilliseconds) };
            Dealing early = dealing with { Schedule = fixedByGrant };
            for (int operation = 0; operation < dealing.Operations; operation++)
            {
                Assert.That(Parents(chain, dealing, operation).Count(), Is.EqualTo(1), $"operation {operation}, granted at {grant}");
                drawn++;
                lost += Parents(chain, early, operation).Any() ? 0 : 1;
            }
        }

        TestContext.Out.WriteLine($"{(double)lost / drawn:P1} would be lost if the grant fixed the start");
        Assert.That(lost > drawn / 20, Is.EqualTo(slow));
    }

    // Room for a target that hash power moves by three orders of magnitude.
    private static NetworkParameters Roomy(NetworkParameters preset) =>
        preset with { GenesisTicketsPerBlock = 1_000_000, GenesisTimeMilliseconds = 0 };

    /// <summary>
    /// The sum over operations and parents of the chance that the operation is still due there, times the expected wins, times the bonus. The
    /// first parent comes from the schedule; under each further one the operation is due if all blocks in between are dated back.
    /// </summary>
    /// <returns>The sum times the second number.</returns>
    private static (BigInteger Bonus, BigInteger Scale) ExpectedBonus(DealerChain chain, Dealing dealing)
    {
        BigInteger scale = WorkTarget.TicketSpace * BigInteger.Pow(LiarsOneIn, MaxRunOfLiars);
        BigInteger sum = 0;
        Dictionary<int, BigInteger> bonuses = [];
        for (int operation = 0; operation < dealing.Operations; operation++)
        {
            int[] due = [.. Parents(chain, dealing, operation)];
            Assert.That(due, Has.Length.LessThanOrEqualTo(1), "all clocks are right on this path");
            BigInteger weight = BigInteger.Pow(LiarsOneIn, MaxRunOfLiars);
            for (int run = 0; due.Length > 0 && run <= MaxRunOfLiars && due[0] + run + 1 < chain.Blocks; run++)
            {
                int block = due[0] + run + 1;
                if (!bonuses.TryGetValue(block, out BigInteger bonus))
                {
                    bonus = dealing.BonusAt(chain.Targets[block]).BaseUnits;
                    bonuses.Add(block, bonus);
                }

                sum += weight * Product.PaddedMacs * chain.Targets[block] * bonus;
                weight /= LiarsOneIn;
            }
        }

        return (sum, scale);
    }

    private static IEnumerable<(double Chance, double Bonus)> Draws(DealerChain chain, Dealing dealing)
    {
        for (int operation = 0; operation < dealing.Operations; operation++)
        {
            foreach (int parent in Parents(chain, dealing, operation))
            {
                BigInteger target = chain.Targets[parent + 1];
                yield return (Ratio(Product.PaddedMacs * target, WorkTarget.TicketSpace), (double)dealing.BonusAt(target).BaseUnits);
            }
        }
    }

    /// <summary>The parents under which an operation can be drawn by someone who uses every moment.</summary>
    private static IEnumerable<int> Parents(DealerChain chain, Dealing dealing, int operation)
    {
        ulong offset = (ulong)operation * (ulong)Product.PaddedMacs;
        ulong time = dealing.Schedule.EarliestBlockMs(offset) - 1;
        ulong lead = WorkSchedule.LeadOf(chain.Parameters);
        for (int parent = dealing.FirstParent; parent < chain.Blocks - 1 && chain.Latest[parent] <= time; parent++)
        {
            if (dealing.Schedule.IsDue(offset, chain.Latest[parent], chain.LastChildMs(parent, lead)))
            {
                yield return parent;
            }
        }
    }

    private static double Ratio(BigInteger numerator, BigInteger denominator) => Math.Exp(BigInteger.Log(numerator) - BigInteger.Log(denominator));

    /// <summary>One lease of the dealer, priced and scheduled by production code.</summary>
    private sealed record Dealing(NetworkParameters Parameters, int FirstParent, WorkSchedule Schedule, int Operations, ulong Macs, Amount Burn)
    {
        public static Dealing Grant(DealerChain chain, int block, ulong durationBlocks, int operations)
        {
            NetworkParameters parameters = chain.Parameters;
            ulong macs = (ulong)operations * (ulong)Product.PaddedMacs;
            ulong rate = macs * 1_000 / (durationBlocks * parameters.BlockTimeMilliseconds);
            int deep = block + (int)LeaseView.MinDepth;
            ulong lead = WorkSchedule.LeadOf(parameters);
            WorkSchedule schedule = new(chain.Latest[deep] + lead, rate, lead);
            Amount burn = WorkPricing.BurnOf(parameters, macs, chain.Targets[block])!.Value;
            return new Dealing(parameters, deep, schedule, operations, macs, burn);
        }

        public Amount BonusAt(BigInteger target) => WorkPricing.BonusOf(Parameters, Burn, Macs, target, Product);
    }
}
