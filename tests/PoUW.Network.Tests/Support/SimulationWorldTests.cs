namespace PoUW.Network.Tests.Support;

/// <summary>The world keeps its own promises.</summary>
internal sealed class SimulationWorldTests
{
    [Test]
    public void TimersFireInTheOrderOfDueTimeThenOfArming()
    {
        SimulationWorld world = new();
        List<(int, TimeSpan)> fired = [];
        world.Run(async () =>
        {
            async Task WaitAsync(int number, int seconds)
            {
                await Task.Delay(TimeSpan.FromSeconds(seconds), world.Time);
                fired.Add((number, world.Time.Now));
            }

            await Task.WhenAll(WaitAsync(1, 5), WaitAsync(2, 3), WaitAsync(3, 5), WaitAsync(4, 3));
        });
        (TimeSpan three, TimeSpan five) = (TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5));
        Assert.That(fired, Is.EqualTo(new[] { (2, three), (4, three), (1, five), (3, five) }));
    }

    [Test]
    public void APeriodicTimerFiresUntilItIsDisposed()
    {
        SimulationWorld world = new();
        int fired = 0;
        world.Run(async () =>
        {
            using (world.Time.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)))
            {
                await Task.Delay(TimeSpan.FromSeconds(6), world.Time);
            }

            await Task.Delay(TimeSpan.FromSeconds(10), world.Time);
        });
        Assert.That(fired, Is.EqualTo(3), "after 1, 3 and 5 seconds");
    }

    [Test]
    public void AChangedTimerFiresOnceAtItsNewTime()
    {
        SimulationWorld world = new();
        List<TimeSpan> fired = [];
        world.Run(async () =>
        {
            ITimer timer = world.Time.CreateTimer(_ => fired.Add(world.Time.Now), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan);
            timer.Change(TimeSpan.FromSeconds(4), Timeout.InfiniteTimeSpan);
            await Task.Delay(TimeSpan.FromSeconds(10), world.Time);
        });
        Assert.That(fired, Is.EqualTo(new[] { TimeSpan.FromSeconds(4) }));
    }

    [Test]
    public void AnEscapeFailsTheRun()
    {
        SimulationWorld world = new();
        Thread other = new(() => world.Spawn("escaped", () => Task.CompletedTask));
        Assert.That(
            () => world.Run(() =>
            {
                other.Start();
                other.Join();
                return Task.CompletedTask;
            }),
            Throws.InstanceOf<SimulationException>().With.Message.Contains("left the world's thread"));
    }

    [Test]
    public void AScenarioThatWaitsForEverFails()
    {
        SimulationWorld world = new();
        TaskCompletionSource never = new();
        Assert.That(() => world.Run(() => never.Task), Throws.InstanceOf<SimulationException>().With.Message.Contains("waits for ever"));
    }

    [Test]
    public void ASeedChangesTheOrderOfWhatIsReadyAndNothingElse()
    {
        int[] inOrder = OrderOf(null);
        Assert.That(inOrder, Is.Ordered);
        Assert.That(OrderOf(1), Is.EquivalentTo(inOrder).And.Not.Ordered);
        Assert.That(OrderOf(1), Is.EqualTo(OrderOf(1)));
        Assert.That(OrderOf(2), Is.Not.EqualTo(OrderOf(1)));
    }

    private static int[] OrderOf(int? seed)
    {
        SimulationWorld world = new(seed);
        List<int> order = [];
        world.Run(() => Task.WhenAll(Enumerable.Range(0, 100).Select(i => world.Spawn("item", () =>
        {
            order.Add(i);
            return Task.CompletedTask;
        }))));
        return [.. order];
    }
}
