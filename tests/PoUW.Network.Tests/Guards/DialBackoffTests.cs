using PoUW.Core.Randomness;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Guards;

internal sealed class DialBackoffTests
{
    private static readonly Multiaddr Address = Strangers.Address("192.0.2.1");
    private static readonly Multiaddr Other = Strangers.Address("192.0.2.2");
    private static readonly PeerId Peer = Strangers.Peer(1);

    [Test]
    public void WaitsDoubleFromFiveSecondsToFiveMinutes()
    {
        ManualTimeProvider time = new();
        DialBackoff dials = Create(time, new DialBackoffOptions { JitterPercent = 0 });
        Assert.That(dials.WaitBefore(Peer, Address), Is.EqualTo(TimeSpan.Zero));
        foreach (int seconds in new[] { 5, 10, 20, 40, 80, 160, 300, 300, 300 })
        {
            dials.AddressFailed(Address);
            Assert.That(dials.WaitBefore(Peer, Address), Is.EqualTo(TimeSpan.FromSeconds(seconds)));
            time.Advance(TimeSpan.FromSeconds(seconds));
            Assert.That(dials.WaitBefore(Peer, Address), Is.EqualTo(TimeSpan.Zero));
        }
    }

    [Test]
    public void JitterStaysInItsRange()
    {
        ManualTimeProvider time = new();
        DialBackoff dials = Create(time, new DialBackoffOptions());
        HashSet<TimeSpan> seen = [];
        for (int i = 0; i < 200; i++)
        {
            Multiaddr address = Strangers.Address("192.0.2.1", 1 + i);
            dials.AddressFailed(address);
            dials.AddressFailed(address);
            TimeSpan wait = dials.WaitBefore(null, address);
            Assert.That(wait, Is.InRange(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(12)));
            seen.Add(wait);
        }

        Assert.That(seen, Has.Count.GreaterThan(100));
    }

    [Test]
    public void PeersAndAddressesAreRememberedApart()
    {
        DialBackoff dials = Create(new ManualTimeProvider(), new DialBackoffOptions { JitterPercent = 0 });
        dials.AddressFailed(Address.WithPeer(Peer));
        Assert.That(dials.WaitBefore(Peer, Other), Is.EqualTo(TimeSpan.Zero), "another address of the peer may work");
        Assert.That(dials.WaitBefore(null, Address), Is.EqualTo(TimeSpan.FromSeconds(5)), "a peer at the end does not matter");
        dials.PeerFailed(Peer);
        dials.PeerFailed(Peer);
        Assert.That(dials.WaitBefore(Peer, Other), Is.EqualTo(TimeSpan.FromSeconds(10)));
        Assert.That(dials.WaitBefore(Strangers.Peer(2), Other), Is.EqualTo(TimeSpan.Zero));
        dials.Succeeded(Peer, Other);
        Assert.That(dials.WaitBefore(Peer, Other), Is.EqualTo(TimeSpan.Zero));
        Assert.That(dials.WaitBefore(Peer, Address), Is.EqualTo(TimeSpan.FromSeconds(5)), "only the address that worked is forgiven");
    }

    [TestCase(CloseReason.WrongPeer)]
    [TestCase(CloseReason.Lost)]
    [TestCase(CloseReason.HandshakeTimeout)]
    public void AnAddressThatFailsForOnePeerIsGoodForOthers(CloseReason reason)
    {
        DialBackoff dials = Create(new ManualTimeProvider(), new DialBackoffOptions { JitterPercent = 0, MaxRemembered = 10 });
        dials.Remember(Address.WithPeer(Peer), new ConnectResult(reason, null));
        Assert.That(dials.WaitBefore(Peer, Address), Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(dials.WaitBefore(Peer, Other), Is.EqualTo(TimeSpan.Zero));
        Assert.That(dials.WaitBefore(Strangers.Peer(2), Address), Is.EqualTo(TimeSpan.Zero));
        Assert.That(dials.WaitBefore(null, Address), Is.EqualTo(TimeSpan.Zero));
        dials.Remember(Address.WithPeer(Peer), new ConnectResult(CloseReason.None, Peer));
        Assert.That(dials.WaitBefore(Peer, Address), Is.EqualTo(TimeSpan.Zero));
        for (int i = 1; i <= 100; i++)
        {
            dials.Remember(Address.WithPeer(Strangers.Peer(i)), new ConnectResult(reason, null));
        }

        Assert.That(Enumerable.Range(1, 100).Count(i => dials.WaitBefore(Strangers.Peer(i), Address) > TimeSpan.Zero), Is.EqualTo(10));
        dials.Remember(Address, new ConnectResult(reason, null));
        Assert.That(dials.WaitBefore(null, Address), Is.EqualTo(TimeSpan.FromSeconds(5)), "nobody was expected there");
    }

    [Test]
    public void WhatFailedLongAgoStartsAnew()
    {
        ManualTimeProvider time = new();
        DialBackoff dials = Create(time, new DialBackoffOptions { JitterPercent = 0 });
        for (int i = 0; i < 5; i++)
        {
            dials.AddressFailed(Address);
        }

        time.Advance(TimeSpan.FromSeconds(80 + 301));
        dials.AddressFailed(Address);
        Assert.That(dials.WaitBefore(null, Address), Is.EqualTo(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void OnlySoMuchIsRemembered()
    {
        DialBackoff dials = Create(new ManualTimeProvider(), new DialBackoffOptions { MaxRemembered = 10 });
        for (int i = 1; i <= 1000; i++)
        {
            dials.AddressFailed(Strangers.Address("192.0.2.1", i));
            dials.PeerFailed(Strangers.Peer(i));
        }

        Assert.That(Enumerable.Range(1, 1000).Count(i => dials.WaitBefore(null, Strangers.Address("192.0.2.1", i)) > TimeSpan.Zero), Is.EqualTo(10));
        Assert.That(Enumerable.Range(1, 1000).Count(i => dials.WaitBefore(Strangers.Peer(i), Other) > TimeSpan.Zero), Is.EqualTo(10));
    }

    [Test]
    public void LocalDialsHaveAShorterTimeout()
    {
        DialBackoff dials = Create(new ManualTimeProvider(), new DialBackoffOptions());
        Assert.That(dials.TimeoutOf(Address), Is.EqualTo(TimeSpan.FromSeconds(15)));
        Assert.That(dials.TimeoutOf(Multiaddr.Parse("/dns4/node.test/tcp/1")), Is.EqualTo(TimeSpan.FromSeconds(15)));
        Assert.That(dials.TimeoutOf(Strangers.Address("127.0.0.9")), Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(dials.TimeoutOf(Strangers.Address("::1")), Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(dials.TimeoutOf(Multiaddr.Memory("x")), Is.EqualTo(TimeSpan.FromSeconds(5)));
    }

    [Test]
    public void OptionsAreChecked()
    {
        DialBackoffOptions good = new();
        DialBackoffOptions[] bad =
        [
            good with { First = TimeSpan.Zero }, good with { Longest = TimeSpan.FromSeconds(4) }, good with { JitterPercent = 51 }, good with { JitterPercent = -1 },
            good with { DialTimeout = TimeSpan.Zero }, good with { LocalDialTimeout = TimeSpan.Zero }, good with { MaxRemembered = 0 }, good with { Longest = TimeSpan.FromDays(2) },
        ];
        Assert.That(good.Validate().IsValid, Is.True);
        Assert.That(bad.Select(static options => options.Validate().IsValid), Is.All.False);
        Assert.That(() => Create(new ManualTimeProvider(), bad[0]), Throws.ArgumentException);
    }

    private static DialBackoff Create(TimeProvider time, DialBackoffOptions options) => new(options, time, new SeededRandomSource(1, "dials"));
}
