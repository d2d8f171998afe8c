using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Gossip.Support;

namespace PoUW.Network.Tests.Hosting;

/// <summary>Faults of peers: how many make a ban, and how they fade.</summary>
[TestFixture]
internal sealed class PeerStandingsTests
{
    private static readonly PeerId Peer = GossipIds.Peer(1);
    private static readonly HostOptions Options = new() { FaultsBeforeBan = 3, FaultLifetime = TimeSpan.FromMinutes(10), RememberedPeers = 2 };

    private readonly RouterClock _clock = new();

    [Test]
    public void EnoughFaultsInAShortTimeBanAndTheCountBeginsAnew()
    {
        PeerStandings standings = new(Options, _clock);
        Assert.That(Faults(standings, 7, TimeSpan.FromMinutes(4)), Is.EqualTo(new[] { false, false, true, false, false, true, false }));
        Assert.That(standings.AddFault(GossipIds.Peer(2)), Is.False, "faults are each peer's own");
    }

    [Test]
    public void FaultsFadeOneAfterTheOther()
    {
        PeerStandings standings = new(Options, _clock);
        Assert.That(Faults(standings, 100, TimeSpan.FromMinutes(10)), Is.All.False, "one by one they are forgiven");
        Assert.That(Faults(standings, 2, TimeSpan.Zero), Is.EqualTo(new[] { false, false }));
        _clock.Now += TimeSpan.FromMinutes(10);
        Assert.That(Faults(standings, 2, TimeSpan.Zero), Is.EqualTo(new[] { false, true }), "only one of the two has faded");
    }

    [Test]
    public void OneFaultIsEnoughIfTheOptionsSaySo()
    {
        PeerStandings standings = new(Options with { FaultsBeforeBan = 1 }, _clock);
        Assert.That(Faults(standings, 3, TimeSpan.FromHours(1)), Is.All.True);
    }

    [Test]
    public void WhoIsForgottenBeginsAnew()
    {
        PeerStandings standings = new(Options, _clock);
        Faults(standings, 2, TimeSpan.Zero);
        standings.AddFault(GossipIds.Peer(2));
        standings.AddFault(GossipIds.Peer(3));
        Assert.That(Faults(standings, 3, TimeSpan.Zero), Is.EqualTo(new[] { false, false, true }));
        Assert.That((Options with { FaultLifetime = TimeSpan.Zero }).Validate().IsValid, Is.False);
    }

    private bool[] Faults(PeerStandings standings, int count, TimeSpan apart) => [.. Enumerable.Range(0, count).Select(_ =>
    {
        bool isBanned = standings.AddFault(Peer);
        _clock.Now += apart;
        return isBanned;
    })];
}
