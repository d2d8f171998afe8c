using System.Net;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Security;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Hosting;

/// <summary>What others are told to dial.</summary>
[TestFixture]
internal sealed class AnnounceTests
{
    private static readonly string[] Machine =
        ["127.0.0.1", "::1", "192.168.7.2", "10.0.0.5", "169.254.3.4", "fe80::1", "2001:db8::7", "10.0.0.5"];

    [TestCase("/ip4/0.0.0.0/tcp/4001", "/ip4/10.0.0.5/tcp/4001 /ip4/192.168.7.2/tcp/4001")]
    [TestCase("/ip6/::/tcp/4001", "/ip6/2001:db8::7/tcp/4001")]
    [TestCase("/ip4/127.0.0.1/tcp/4001", "/ip4/127.0.0.1/tcp/4001")]
    [TestCase("/ip4/10.0.0.5/tcp/4001", "/ip4/10.0.0.5/tcp/4001")]
    [TestCase("/memory/a", "/memory/a")]
    public void AnUnspecifiedAddressIsToldAsThoseOfTheMachine(string listens, string told) =>
        Assert.That(Told(listens, Machine), Is.EqualTo(told));

    [TestCase("/ip4/0.0.0.0/tcp/1", "/ip4/127.0.0.1/tcp/1")]
    [TestCase("/ip6/::/tcp/1", "/ip6/::1/tcp/1")]
    public void LoopbackIsToldOnlyIfThereIsNothingElse(string listens, string told)
    {
        Assert.That(Told(listens, ["127.0.0.1", "::1", "169.254.3.4", "fe80::1"]), Is.EqualTo(told));
        Assert.That(Told(listens, []), Is.EqualTo(told));
    }

    [Test]
    public void AMachineWithManyAddressesTellsSomeOfThem() =>
        Assert.That(Told("/ip4/0.0.0.0/tcp/1", [.. Enumerable.Range(1, 99).Select(static i => $"10.0.0.{i}")]).Split(' '), Has.Length.EqualTo(16));

    [Test]
    public void TheSystemTellsItsInterfaces() => Assert.That(InterfaceAddresses.Read(), Has.All.Not.Null);

    [Test]
    public async Task RecordAndIdentifyTellTheExpandedAddressAndTheHostKeepsItsOwn()
    {
        await using Host host = Make(new HostOptions());
        Assert.That(host.AnnouncedAddresses, Is.Empty);
        Multiaddr local = await host.ListenAsync(Multiaddr.Parse("/ip4/0.0.0.0/tcp/0"));
        Assert.That(local.ToString(), Does.StartWith("/ip4/0.0.0.0/tcp/"));
        Assert.That(host.ListenAddresses, Is.EqualTo(new[] { local }));
        string port = local.ToString().Split('/')[^1];
        string[] told = [$"/ip4/10.0.0.5/tcp/{port}", $"/ip4/192.168.7.2/tcp/{port}"];
        Assert.That(host.AnnouncedAddresses.Select(static address => address.ToString()), Is.EqualTo(told));
        Assert.That(InRecord(host), Is.EqualTo(told));
    }

    [Test]
    public async Task WhatIsAnnouncedReplacesWhereTheHostListens()
    {
        string own = HostWorld.IdOf(0).ToString();
        await using Host host = Make(new HostOptions
        {
            Announce = [Multiaddr.Parse("/dns4/node.example/tcp/4001"), Multiaddr.Parse($"/ip4/198.51.100.7/tcp/9/p2p/{own}")],
        });
        Assert.That(host.AnnouncedAddresses, Is.Empty, "it does not listen");
        await host.ListenAsync(Multiaddr.Parse("/ip4/127.0.0.1/tcp/0"));
        Assert.That(InRecord(host), Is.EqualTo(new[] { "/dns4/node.example/tcp/4001", "/ip4/198.51.100.7/tcp/9" }));
        Assert.That(host.ListenAddresses.Single().ToString(), Does.StartWith("/ip4/127.0.0.1/tcp/"));
    }

    [Test]
    public void WhatMakesNoSenseIsNotAnnounced()
    {
        Multiaddr good = Multiaddr.Parse("/ip4/198.51.100.7/tcp/9");
        Assert.That(new HostOptions { Announce = [.. Enumerable.Repeat(good, 16)] }.Validate().IsValid, Is.True);
        Assert.That(new HostOptions { Announce = [.. Enumerable.Repeat(good, 17)] }.Validate().IsValid, Is.False);
        Assert.That(new HostOptions { Announce = [Multiaddr.Parse("/ip4/0.0.0.0/tcp/9")] }.Validate().IsValid, Is.False);
        Assert.That(() => Make(new HostOptions { Announce = [good.WithPeer(HostWorld.IdOf(1))] }), Throws.ArgumentException);
    }

    private static string Told(string listens, string[] machine) => string.Join(
        ' ', InterfaceAddresses.Expand(Multiaddr.Parse(listens), () => [.. machine.Select(IPAddress.Parse)]));

    private static string[] InRecord(Host host)
    {
        Assert.That(PeerRecord.TryOpen(host.SignedPeerRecord.Span, IdentityVerifier.CreateInBox(), out PeerRecord? record).IsValid, Is.True);
        return [.. record!.Addresses.Select(static address => address.ToString())];
    }

    private static Host Make(HostOptions options)
    {
        IdentityKey key = HostWorld.KeyOf(0);
        ThreadPoolSpawner spawner = new();
        return new Host(new HostSetup
        {
            Identity = key,
            Transports = [new HostTransport(new TcpTransport(), [new PlaintextSecurity(key.PublicKey)])],
            Muxers = [new YamuxMuxerFactory(new YamuxOptions(), TimeProvider.System, spawner)],
            SignsPeerRecord = true,
            Options = options,
            Time = TimeProvider.System,
            Spawner = spawner,
            Random = new SeededRandomSource(1, "announce"),
            Interfaces = static () => [.. Machine.Select(IPAddress.Parse)],
        });
    }
}
