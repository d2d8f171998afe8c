using PoUW.Core.Headers;
using PoUW.Core.Tests.Chain;

namespace PoUW.Core.Tests.Headers;

public sealed class CertificateBudgetTests
{
    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch.AddYears(60));

    [Test]
    public void A_peer_has_three_at_once_and_three_a_second()
    {
        CertificateBudget<string> budget = new(new CertificateBudgetOptions(), _time);
        Assert.That(Take(budget, "a", 10), Is.EqualTo(3));
        Pass(333);
        Assert.That(budget.TryTake("a"), Is.False);
        Pass(1);
        Assert.That(Take(budget, "a", 10), Is.EqualTo(1));
        Pass(60_000);
        Assert.That(Take(budget, "a", 10), Is.EqualTo(3), "a second's worth is the most that is saved up");
    }

    [Test]
    public void All_peers_together_have_fifty_a_second()
    {
        CertificateBudget<int> budget = new(new CertificateBudgetOptions(), _time);
        Assert.That(Enumerable.Range(0, 1_000).Count(budget.TryTake), Is.EqualTo(50));
        Pass(100);
        Assert.That(Enumerable.Range(2_000, 1_000).Count(budget.TryTake), Is.EqualTo(5));
    }

    [Test]
    public void A_refused_peer_takes_nothing_from_the_others()
    {
        CertificateBudget<string> budget = new(new CertificateBudgetOptions { PerSecond = 5, PerSecondAndPeer = 3 }, _time);
        Assert.That(Take(budget, "greedy", 100), Is.EqualTo(3));
        Assert.That(Take(budget, "honest", 100), Is.EqualTo(2), "what the peer over its own limit asked for in vain is still there");
        Pass(200);
        Assert.That(Take(budget, "honest", 1), Is.EqualTo(1), "refusal by the common bucket costs the peer nothing");
    }

    /// <summary>Over any time, whatever the peers, no more than one bucket and the rate go through, and the memory is bounded.</summary>
    [Test]
    public void Rates_and_memory_hold_for_ten_thousand_random_peers()
    {
        CertificateBudget<int> budget = new(new CertificateBudgetOptions(), _time);
        Fuzzer random = new(7, "budget");
        int taken = 0;
        int mostPeers = 0;
        int milliseconds = 0;
        for (int i = 0; i < 200_000; i++)
        {
            int step = random.Next(40) == 0 ? random.Next(10) : 0;
            milliseconds += step;
            Pass(step);
            taken += budget.TryTake(random.Next(10_000)) ? 1 : 0;
            mostPeers = Math.Max(mostPeers, budget.Peers);
        }

        Assert.That(taken, Is.InRange(milliseconds * 50 / 1_000, 50 + (milliseconds * 50 / 1_000)));
        Assert.That(mostPeers, Is.InRange(50, 101));
    }

    [TestCase(0, 3)]
    [TestCase(50, 0)]
    [TestCase(-1, 3)]
    [TestCase(1_000_001, 3)]
    [TestCase(50, 1_000_001)]
    public void Rates_outside_the_range_are_refused(int all, int peer) => Assert.That(
        () => new CertificateBudget<int>(new CertificateBudgetOptions { PerSecond = all, PerSecondAndPeer = peer }, _time),
        Throws.TypeOf<ArgumentOutOfRangeException>());

    private static int Take(CertificateBudget<string> budget, string peer, int times) => Enumerable.Range(0, times).Count(_ => budget.TryTake(peer));

    private void Pass(int milliseconds) => _time.Now += TimeSpan.FromMilliseconds(milliseconds);
}
