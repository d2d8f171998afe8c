using PoUW.Network.Guards;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Guards;

internal sealed class MessageBudgetTests
{
    private static readonly MessageBudgetOptions Small = new()
    {
        Requests = new MessageRate(TokenRate.PerSecond(1, 2), TokenRate.PerSecond(100, 1000)),
        Gossip = new MessageRate(TokenRate.PerSecond(10, 5), TokenRate.PerSecond(100, 1000)),
        Sync = new MessageRate(TokenRate.PerSecond(1, 1), TokenRate.PerSecond(100, 1000)),
        Control = new MessageRate(TokenRate.PerSecond(1, 3), TokenRate.PerSecond(100, 1000)),
        MaxPeers = 4,
    };

    [TestCase(MessageKind.Request, 2)]
    [TestCase(MessageKind.Gossip, 5)]
    [TestCase(MessageKind.Sync, 1)]
    [TestCase(MessageKind.Control, 3)]
    public void EachKindHasItsOwnRate(MessageKind kind, int burst)
    {
        ManualTimeProvider time = new();
        MessageBudget budget = new(Small, time);
        Assert.That(Enumerable.Range(0, 10).Count(_ => budget.TrySpend(Strangers.Peer(1), kind, 10)), Is.EqualTo(burst));
        foreach (MessageKind other in Enum.GetValues<MessageKind>().Where(other => other != kind))
        {
            Assert.That(budget.TrySpend(Strangers.Peer(1), other, 10), Is.True, "the other kinds are untouched");
        }

        Assert.That(budget.TrySpend(Strangers.Peer(2), kind, 10), Is.True, "so are other peers");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(budget.TrySpend(Strangers.Peer(1), kind, 10), Is.True);
    }

    [Test]
    public void MessagesAndBytesMayBeCountedApart()
    {
        MessageBudget budget = new(Small, new ManualTimeProvider());
        Assert.That(Enumerable.Range(0, 100).Select(_ => budget.TrySpend(Strangers.Peer(1), MessageKind.Sync, 0, messages: 0)), Is.All.True);
        Assert.That(budget.TrySpend(Strangers.Peer(1), MessageKind.Sync, 0, messages: 1_000_000), Is.False);
        Assert.That(budget.TrySpend(Strangers.Peer(1), MessageKind.Sync, 0), Is.True, "nothing was taken");
    }

    [Test]
    public void BytesAreCountedAndARefusalCostsNothing()
    {
        ManualTimeProvider time = new();
        MessageBudget budget = new(Small, time);
        Assert.That(budget.TrySpend(Strangers.Peer(1), MessageKind.Gossip, 1001), Is.False, "longer than the burst");
        Assert.That(budget.TrySpend(Strangers.Peer(1), MessageKind.Gossip, 900), Is.True);
        for (int i = 0; i < 20; i++)
        {
            Assert.That(budget.TrySpend(Strangers.Peer(1), MessageKind.Gossip, 101), Is.False);
        }

        Assert.That(budget.TrySpend(Strangers.Peer(1), MessageKind.Gossip, 100), Is.True);
        time.Advance(TimeSpan.FromSeconds(5));
        Assert.That(budget.TrySpend(Strangers.Peer(1), MessageKind.Gossip, 500), Is.True);
        Assert.That(budget.TrySpend(Strangers.Peer(1), MessageKind.Gossip, 1), Is.False);
        Assert.That(() => budget.TrySpend(Strangers.Peer(1), MessageKind.Gossip, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => budget.TrySpend(Strangers.Peer(1), MessageKind.Gossip, 1, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void OnlySoManyPeersAreRemembered()
    {
        MessageBudget budget = new(Small, new ManualTimeProvider());
        Assert.That((budget.TrySpend(Strangers.Peer(0), MessageKind.Sync, 1), budget.TrySpend(Strangers.Peer(0), MessageKind.Sync, 1)), Is.EqualTo((true, false)));
        for (int i = 1; i <= 1000; i++)
        {
            Assert.That(budget.TrySpend(Strangers.Peer(i), MessageKind.Sync, 1), Is.True);
            Assert.That(budget.PeerCount, Is.LessThanOrEqualTo(4));
        }

        Assert.That(budget.TrySpend(Strangers.Peer(1000), MessageKind.Sync, 1), Is.False);
        Assert.That(budget.TrySpend(Strangers.Peer(0), MessageKind.Sync, 1), Is.True, "forgotten");
    }

    [Test]
    public void OptionsAreChecked()
    {
        Assert.That(new MessageBudgetOptions().Validate().IsValid, Is.True);
        Assert.That(() => new MessageBudget(Small with { MaxPeers = 0 }, TimeProvider.System), Throws.ArgumentException);
        MessageRate bad = new(TokenRate.PerSecond(0, 1), TokenRate.PerSecond(1, 1));
        Assert.That(() => new MessageBudget(Small with { Sync = bad }, TimeProvider.System), Throws.ArgumentException);
        Assert.That(() => new MessageBudget(Small with { Control = new MessageRate(TokenRate.PerSecond(1, 1), TokenRate.PerSecond(1, 0)) }, TimeProvider.System), Throws.ArgumentException);
    }
}
