using System.Text.Json;
using PoUW.Compute.Lowering;
using PoUW.Compute.Optimisers;
using PoUW.Compute.Runners;
using PoUW.Compute.Schedules;
using PoUW.Compute.Tests.Models;
using PoUW.Core.Validation;

namespace PoUW.Compute.Tests.Schedules;

public sealed class ScheduleTests
{
    private static IEnumerable<TestCaseData> Schedules =>
    [
        new("step", LearningRateSchedule.Step(7, 0.3)),
        new("multi_step", LearningRateSchedule.MultiStep([3, 20, 21], 0.5)),
        new("cosine", LearningRateSchedule.Cosine(40, 0.1)),
        new("linear", LearningRateSchedule.Linear(30, 0.25, 0.75)),
        new("exponential", LearningRateSchedule.Exponential(0.9, 40)),
        new("warm_up", LearningRateSchedule.Step(5, 0.5).WithWarmUp(10)),
    ];

    [TestCaseSource(nameof(Schedules))]
    public void Rates_are_those_of_PyTorch(string name, LearningRateSchedule schedule)
    {
        JsonElement golden = SequenceGoldens.Read("schedules", name);
        IReadOnlyList<(long From, long Value)> table = RateTable.Of(new Sgd(0.1f) { Schedule = schedule });
        for (int step = 0; step < golden.GetArrayLength(); step++)
        {
            Assert.That(RateAt(table, step), Is.EqualTo(golden[step].GetDouble()).Within(1e-8), $"step {step}");
        }
    }

    [Test]
    public void Rates_stay_at_the_end()
    {
        Assert.That(RateAt(Table(LearningRateSchedule.Cosine(40, 0.1)), 1_000_000), Is.EqualTo(0.1f));
        Assert.That(RateAt(Table(LearningRateSchedule.Linear(30, 0.25, 0.75)), 1_000_000), Is.EqualTo(0.75f));
        Assert.That(RateAt(Table(LearningRateSchedule.Exponential(0.5, 3)), 1_000_000), Is.EqualTo(0.125f));
        Assert.That(RateAt(Table(LearningRateSchedule.Step(1, 0.1)), 1_000_000), Is.Zero);
        Assert.That(RateAt(Table(LearningRateSchedule.Step(1, 1)), 1_000_000), Is.EqualTo(1));
    }

    [TestCase(1, 2)]
    [TestCase(4095, 4096)]
    [TestCase(4096, 2049)]
    [TestCase(1_000_000, 4083)]
    [TestCase(1L << 40, 4096)]
    public void Long_schedules_change_once_in_several_steps(long steps, int entries)
    {
        (long FirstStep, double Factor)[] changes = [.. LearningRateSchedule.Cosine(steps, 0.25).Changes()];
        Assert.That(changes, Has.Length.EqualTo(entries));
        Assert.That(changes[0], Is.EqualTo((0L, 1.0)));
        Assert.That(changes[^1], Is.EqualTo((steps, 0.25)));
        Assert.That(changes.Select(static c => c.FirstStep), Is.Ordered.And.Unique);
    }

    [TestCase(1)]
    [TestCase(1024)]
    [TestCase(1025)]
    [TestCase(123_456_789)]
    public void A_warm_up_leaves_room_for_the_rest(long steps)
    {
        LearningRateSchedule schedule = LearningRateSchedule.Cosine(1L << 30).WithWarmUp(steps);
        (long FirstStep, double Factor)[] changes = [.. schedule.Changes()];
        Assert.That(changes, Has.Length.LessThanOrEqualTo(LearningRateSchedule.MaxChanges));
        Assert.That(changes[0], Is.EqualTo((0L, 1.0 / (steps + 1))));
        Assert.That(changes.First(c => c.FirstStep >= steps), Is.EqualTo((steps, 1.0)));
        Assert.That(changes.Select(static c => c.FirstStep), Is.Ordered.And.Unique);
    }

    [Test]
    public void The_longest_table_fits_a_program()
    {
        AdamW optimiser = new() { Schedule = LearningRateSchedule.Cosine(1_000_000, 0.1).WithWarmUp(2000) };
        ModelRunner runner = SequenceGoldens.Start(SequenceGoldens.Spec(new TokenNetwork(), optimiser));
        Assert.That(RateTable.Of(optimiser), Has.Count.GreaterThan(3000));
        Assert.That(runner.Train(900_000, 1), Has.Count.EqualTo(1));
    }

    [Test]
    public void Cosine_is_right_to_the_last_bits()
    {
        for (int i = 0; i <= 1000; i++)
        {
            Assert.That(ScheduleArithmetic.CosineOfHalfTurns(i / 1000.0), Is.EqualTo(Math.Cos(Math.PI * i / 1000)).Within(1e-15));
        }
    }

    [Test]
    public void Powers_are_right_to_the_last_bits()
    {
        foreach (long exponent in new[] { 0L, 1, 2, 3, 63, 64, 1000, 12345 })
        {
            double expected = Math.Pow(0.9995, exponent);
            Assert.That(ScheduleArithmetic.Power(0.9995, exponent), Is.EqualTo(expected).Within(1e-11 * expected));
        }
    }

    private static IEnumerable<TestCaseData> WrongSchedules =>
    [
        new(LearningRateSchedule.Step(0), "StepSize", "not 0"),
        new(LearningRateSchedule.Step(1, 0), "Gamma", "above 0"),
        new(LearningRateSchedule.Step(1, 1.5), "Gamma", "1.5"),
        new(LearningRateSchedule.Step(1, double.NaN), "Gamma", "NaN"),
        new(LearningRateSchedule.MultiStep([]), "Milestones", "1 to 4095"),
        new(LearningRateSchedule.MultiStep([0, 1]), "Milestones", "0 does not fit"),
        new(LearningRateSchedule.MultiStep([5, 5]), "Milestones", "5 does not fit"),
        new(LearningRateSchedule.MultiStep([5], -1), "Gamma", "-1"),
        new(LearningRateSchedule.Cosine(-3), "TotalSteps", "-3"),
        new(LearningRateSchedule.Cosine(long.MaxValue), "TotalSteps", "1 to"),
        new(LearningRateSchedule.Cosine(5, 1.1), "MinimumFactor", "0 to 1"),
        new(new CosineSchedule(5) { Period = -1 }, "Period", "-1"),
        new(new CosineSchedule(4096) { Period = 1 }, "Period", "4096 times"),
        new(new ExponentialSchedule(0.5, 40950) { Period = 9 }, "Period", "9"),
        new(LearningRateSchedule.Linear(0), "TotalSteps", "not 0"),
        new(LearningRateSchedule.Linear(5, -1), "StartFactor", "-1"),
        new(LearningRateSchedule.Linear(5, 0, 2), "EndFactor", "2"),
        new(LearningRateSchedule.Exponential(2, 5), "Gamma", "2"),
        new(LearningRateSchedule.Constant.WithWarmUp(0), "Steps", "not 0"),
        new(LearningRateSchedule.Constant.WithWarmUp(5).WithWarmUp(5), "Inner", "another warm-up"),
        new(LearningRateSchedule.Cosine(0).WithWarmUp(5), "TotalSteps", "not 0"),
    ];

    [TestCaseSource(nameof(WrongSchedules))]
    public void Wrong_schedules_are_named(LearningRateSchedule schedule, string field, string message)
    {
        ValidationResult result = schedule.Validate();
        Assert.That(result.Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(result.Field, Is.EqualTo(field));
        Assert.That(result.Message, Does.Contain(message));
    }

    [Test]
    public void Periods_at_the_limit_are_right()
    {
        CosineSchedule schedule = new(4095) { Period = 1 };
        Assert.That(schedule.Validate().IsValid, Is.True);
        Assert.That(schedule.Changes(LearningRateSchedule.MaxChanges).ToArray(), Has.Length.EqualTo(LearningRateSchedule.MaxChanges));
        Assert.That(new CosineSchedule(40950) { Period = 10 }.Validate().IsValid, Is.True);
    }

    private static IReadOnlyList<(long From, long Value)> Table(LearningRateSchedule schedule) => RateTable.Of(new Sgd(1) { Schedule = schedule });

    private static float RateAt(IReadOnlyList<(long From, long Value)> table, long step) =>
        BitConverter.Int32BitsToSingle((int)table.Last(entry => entry.From <= step).Value);
}
