using PoUW.Core.Jobs;
using PoUW.Core.Parameters;

namespace PoUW.Training.Tests.Economics;

/// <summary>An operation backs about one draw, whatever blocks and clocks do.</summary>
[TestFixture]
public sealed class WorkScheduleTests
{
    private const ulong Rate = 1_000_000;

    // A MAC of the schedule is a microsecond here.
    private static readonly NetworkParameters Network = NetworkParameters.Production with { GenesisTimeMilliseconds = 0 };
    private static readonly ulong Lead = WorkSchedule.LeadOf(Network);

    [Test]
    public void The_lead_is_a_quarter_block_and_no_more_than_any_blocks()
    {
        Assert.That(WorkSchedule.LeadOf(NetworkParameters.Development), Is.EqualTo(250));
        Assert.That(WorkSchedule.LeadOf(NetworkParameters.Test), Is.EqualTo(3_750));
        Assert.That(WorkSchedule.LeadOf(NetworkParameters.Production), Is.EqualTo(15_000));
        Assert.That(WorkSchedule.LeadOf(NetworkParameters.Production with { MaxFutureMilliseconds = 9 }), Is.EqualTo(9));
    }

    [TestCase(0UL, 1_000UL, 1_001UL, true)]
    [TestCase(0UL, 1_000UL, 1_000UL, false)]
    [TestCase(0UL, 750UL, 1_001UL, true)]
    [TestCase(0UL, 751UL, 1_001UL, false)]
    [TestCase(5UL, 755UL, 1_006UL, true)]
    [TestCase(5UL, 755UL, 1_005UL, false)]
    [TestCase(5UL, 756UL, 1_006UL, false)]
    public void The_bounds_are_exact(ulong offset, ulong latest, ulong block, bool due)
    {
        // A MAC a millisecond. The rows with an ancestor at 1,000 are without a lead.
        WorkSchedule schedule = new(1_000, 1_000, latest == 1_000 ? 0UL : 250);
        Assert.That(schedule.IsDue(offset, latest, block), Is.EqualTo(due));
        Assert.That(schedule.EarliestBlockMs(offset), Is.EqualTo(1_001 + offset));
    }

    [Test]
    public void Extreme_numbers_neither_throw_nor_wrap()
    {
        ulong[] times = [0, 1, long.MaxValue, ulong.MaxValue];
        ulong[] rates = [1, WorkPlan.MaxMacsPerSecond];
        foreach (WorkSchedule schedule in times.SelectMany(start => rates.Select(rate => new WorkSchedule(start, rate, ulong.MaxValue))))
        {
            foreach (ulong latest in times)
            {
                Assert.That(schedule.IsDue(long.MaxValue, latest, 0), Is.False, "before the start");
                Assert.That(schedule.EarliestBlockMs(long.MaxValue), Is.GreaterThanOrEqualTo(schedule.StartMs));
            }
        }

        Assert.That(new WorkSchedule(0, 1).EarliestBlockMs(long.MaxValue), Is.EqualTo(ulong.MaxValue));
    }

    [Test]
    public void Before_a_schedule_has_started_nothing_is_due_in_any_block()
    {
        ulong[] numbers = [0, 1, Rate, long.MaxValue, ulong.MaxValue - 1, ulong.MaxValue];
        ulong[] rates = [1, Rate, WorkPlan.MaxMacsPerSecond];
        foreach (WorkSchedule schedule in numbers.SelectMany(lead => rates.Select(rate => new WorkSchedule(WorkSchedule.NotStarted, rate, lead))))
        {
            Assert.That(schedule.HasStarted, Is.False);
            Assert.That((schedule with { StartMs = WorkSchedule.NotStarted - 1 }).HasStarted, Is.True);
            foreach (ulong offset in numbers)
            {
                Assert.That(schedule.EarliestBlockMs(offset), Is.EqualTo(ulong.MaxValue));
                Assert.That(
                    numbers.SelectMany(latest => numbers.Select(block => schedule.IsDue(offset, latest, block))), Has.None.True);
            }
        }
    }

    /// <summary>With right clocks an operation is due under exactly one parent, even if blocks come a hundred times as fast or as slow.</summary>
    [TestCase(1)]
    [TestCase(10)]
    [TestCase(100)]
    [TestCase(0.1)]
    [TestCase(0.01)]
    public void With_right_clocks_every_operation_is_due_once(double hashPower)
    {
        DealerChain chain = DealerChain.Grow(Network, 400, _ => hashPower, new Random(5));
        Assert.That(Counts(chain, Lead).Distinct(), Is.EqualTo(new[] { 1 }));
    }

    /// <summary>Without the lead on the ancestors' side, the lead over the time between blocks is drawn twice: why the rule has it.</summary>
    [TestCase(1, 1.25)]
    [TestCase(10, 3.5)]
    public void Without_the_ancestors_lead_fast_blocks_multiply_the_draws(double hashPower, double expected)
    {
        // No difficulty rule to speak of, so that the speed lasts.
        DealerChain chain = DealerChain.Grow(Network with { AsertHalfLifeBlocks = 1_000_000 }, 4_000, _ => hashPower, new Random(6));
        Assert.That(Counts(chain, 0).Average(), Is.EqualTo(expected).Within(0.1));
    }

    /// <summary>Clocks that are wrong by up to the lead in either direction: 1.25 at most, and never more than one draw and one a block in the lead.</summary>
    [Test]
    public void Wrong_clocks_add_at_most_the_blocks_of_one_lead()
    {
        DealerChain chain = DealerChain.Grow(Network, 4_000, _ => 1, new Random(7), skewMs: Lead);
        int[] counts = Counts(chain, Lead);
        TestContext.Out.WriteLine($"{counts.Average():F3} draws an operation");
        Assert.That(counts.Average(), Is.LessThanOrEqualTo(1.25));
        ulong[] times = OperationTimes(chain);
        for (int i = 0; i < counts.Length; i++)
        {
            int within = chain.Arrivals.Count(arrival => arrival > times[i] - Lead && arrival <= times[i] + 1);
            Assert.That(counts[i], Is.LessThanOrEqualTo(1 + within));
        }
    }

    /// <summary>
    /// Producers that hold their blocks' times back keep operations due: 1 / (1 - share) draws. The burn factor of 1.25 covers a fifth of
    /// all blocks.
    /// </summary>
    [TestCase(0.1)]
    [TestCase(0.2)]
    [TestCase(0.5)]
    public void Blocks_that_are_dated_back_add_draws_by_their_share(double liars)
    {
        DealerChain chain = DealerChain.Grow(Network, 20_000, _ => 1, new Random(8), liars);
        double mean = Counts(chain, Lead).Average();
        TestContext.Out.WriteLine($"{mean:F3} draws an operation, {1 / (1 - liars):F3} by the formula");
        Assert.That(mean, Is.LessThanOrEqualTo((1 / (1 - liars)) + 0.03));
        Assert.That(mean, Is.GreaterThan(1 + (0.8 * liars)), "the limit is stated, not imagined");
    }

    /// <summary>For operations all along the chain: under how many parents each could be drawn by someone who uses every moment.</summary>
    private static int[] Counts(DealerChain chain, ulong ancestorsLead)
    {
        WorkSchedule schedule = new(0, Rate, ancestorsLead);
        ulong[] times = OperationTimes(chain);
        int[] counts = new int[times.Length];
        int from = 0;
        for (int i = 0; i < times.Length; i++)
        {
            ulong offset = times[i] * (Rate / 1_000);
            while (chain.LastChildMs(from, Lead) <= times[i])
            {
                from++;
            }

            for (int parent = from; parent < chain.Blocks - 1 && chain.Latest[parent] <= times[i]; parent++)
            {
                counts[i] += schedule.IsDue(offset, chain.Latest[parent], chain.LastChildMs(parent, Lead)) ? 1 : 0;
            }
        }

        return counts;
    }

    private static ulong[] OperationTimes(DealerChain chain)
    {
        ulong first = chain.Arrivals[20] + (2 * Lead);
        ulong last = chain.Arrivals[^20];
        const int samples = 4_000;
        return [.. Enumerable.Range(0, samples).Select(i => first + ((last - first) * (ulong)i / samples))];
    }
}
