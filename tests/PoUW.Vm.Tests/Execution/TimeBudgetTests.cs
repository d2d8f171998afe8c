using PoUW.Vm.Execution;

namespace PoUW.Vm.Tests.Execution;

/// <summary>The host's bound on the time of a run, with a clock that the test turns.</summary>
[TestFixture]
public sealed class TimeBudgetTests
{
    private const string Fill = ".slot state a int32 2 2\n.entry main 0 s\n.code\ns:\npush 5\nvec.fill a\nhalt";
    private const string Endless = ".entry main 0 s\n.code\ns:\njump s";

    [Test]
    public void AnEndlessLoopEndsWithItsTime()
    {
        TickingClock clock = new();
        VmResult result = TestMachine.Create(Endless).Run("main", [], new RunBudget(long.MaxValue, TimeSpan.FromSeconds(10), clock));
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(VmOutcome.TimeExceeded));
            Assert.That(result.Trap, Is.EqualTo(VmTrap.None));
            Assert.That(result.Message, Is.EqualTo("TimeExceeded before JUMP at 0."));
            Assert.That(clock.Looks, Is.EqualTo(1 + 11), "at the start, ten times in time and once too late");
            Assert.That(result.GasUsed, Is.Positive.And.EqualTo(result.GasUsed / 10 * 10), "ten equal slices");
        });
    }

    [TestCase(0, 0, 0L)]
    [TestCase(1, 9, 1L)]
    public void ATensorInstructionDoesNotStartLate(int seconds, int pc, long gas)
    {
        Machine machine = TestMachine.Create(Fill);
        VmResult result = machine.Run("main", [], new RunBudget(1000, TimeSpan.FromSeconds(seconds), new TickingClock()));
        Assert.Multiple(() =>
        {
            Assert.That(result.Outcome, Is.EqualTo(VmOutcome.TimeExceeded));
            Assert.That((result.Pc, result.GasUsed), Is.EqualTo((pc, gas)));
            Assert.That(machine.Slot("a").Int32.ToArray(), Is.All.Zero);
        });
    }

    [Test]
    public void ARunInTimeIsARunWithoutBound()
    {
        VmResult expected = TestMachine.Create(Fill).Run("main", [], 1000);
        foreach (TimeProvider? clock in new TimeProvider?[] { null, new TickingClock() })
        {
            Machine machine = TestMachine.Create(Fill);
            VmResult result = machine.Run("main", [], new RunBudget(1000, TimeSpan.FromDays(1), clock));
            Assert.Multiple(() =>
            {
                Assert.That(result with { Outputs = expected.Outputs }, Is.EqualTo(expected));
                Assert.That(machine.Slot("a").Int32.ToArray(), Is.All.EqualTo(5));
            });
        }
    }

    [Test]
    public void WithoutABoundTheClockIsNotRead()
    {
        TickingClock clock = new();
        VmResult result = TestMachine.Create(Fill).Run("main", [], new RunBudget(1000, Clock: clock));
        Assert.That((result.IsHalted, clock.Looks), Is.EqualTo((true, 0)));
    }

    [Test]
    public void CancellationIsSeenBeforeTheTime()
    {
        Machine machine = TestMachine.Create(Fill);
        using CancellationTokenSource source = new();
        source.Cancel();
        VmResult result = machine.Run("main", [], new RunBudget(1000, TimeSpan.Zero, new TickingClock()), source.Token);
        Assert.That(result.Outcome, Is.EqualTo(VmOutcome.Cancelled));
    }

    /// <summary>A second passes between two looks.</summary>
    private sealed class TickingClock : TimeProvider
    {
        public int Looks { get; private set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Looks++;
    }
}
