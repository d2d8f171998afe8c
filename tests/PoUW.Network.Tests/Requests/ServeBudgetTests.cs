using PoUW.Network.Requests;
using PoUW.Network.Tests.Gossip.Support;

namespace PoUW.Network.Tests.Requests;

[TestFixture]
internal sealed class ServeBudgetTests
{
    /// <summary>Whoever looks often must not lose what is less than a millisecond each time.</summary>
    [Test]
    public void ABudgetIsPaidBackInTimeHoweverOftenItIsLookedAt()
    {
        RouterClock clock = new();
        ServeBudget budget = new(1_000_000, 1_000, clock);
        budget.Charge(GossipIds.Peer(1), 2_000);
        int looks = 0;
        while (!budget.MayServe(GossipIds.Peer(2)))
        {
            clock.Now += TimeSpan.FromMilliseconds(1.9);
            looks++;
        }

        Assert.That(clock.Now, Is.InRange(TimeSpan.FromMilliseconds(1_000), TimeSpan.FromMilliseconds(1_005)));
        Assert.That(looks, Is.GreaterThan(500));
    }
}
