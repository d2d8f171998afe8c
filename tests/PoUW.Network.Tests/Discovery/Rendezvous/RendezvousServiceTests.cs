using PoUW.Core.Randomness;
using PoUW.Network.Discovery;
using PoUW.Network.Discovery.Rendezvous;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Hosting;

namespace PoUW.Network.Tests.Discovery.Rendezvous;

/// <summary>A rendezvous point (host 0) and its clients, on a modelled network in virtual time.</summary>
internal sealed class RendezvousServiceTests
{
    private const string Name = "pouw/test";

    private static readonly IdentityVerifier Verifier = IdentityVerifier.Create();

    [Test]
    public void PeersRegisterAndFindEachOther() => Run(new RendezvousOptions(), async (_, _, clients) =>
    {
        for (int i = 1; i <= 3; i++)
        {
            (RendezvousStatus status, TimeSpan ttl) = await clients[i].RegisterAsync(HostWorld.IdOf(0), Name, RecordOf(i), null, default);
            Assert.That((status, ttl), Is.EqualTo((RendezvousStatus.Ok, TimeSpan.FromHours(2))));
        }

        RendezvousPage page = await clients[1].DiscoverAsync(HostWorld.IdOf(0), Name, 2, default, default);
        Assert.That(page.Peers.Select(static peer => peer.Record.Peer), Is.EqualTo(new[] { HostWorld.IdOf(1), HostWorld.IdOf(2) }));
        page = await clients[1].DiscoverAsync(HostWorld.IdOf(0), Name, 2, page.Cookie, default);
        Assert.That(page.Peers.Single().Record.Addresses, Is.EqualTo(new[] { HostWorld.AddressOf(3) }));

        await clients[3].UnregisterAsync(HostWorld.IdOf(0), Name, default);
        page = await clients[1].DiscoverAsync(HostWorld.IdOf(0), Name, 0, default, default);
        Assert.That(page.Peers, Has.Count.EqualTo(2));
    });

    [Test]
    public void ARegistrationLivesAsLongAsWasAgreed() => Run(new RendezvousOptions(), async (world, server, clients) =>
    {
        (RendezvousStatus status, TimeSpan ttl) = await clients[1].RegisterAsync(HostWorld.IdOf(0), Name, RecordOf(1), TimeSpan.FromSeconds(90), default);
        Assert.That((status, ttl), Is.EqualTo((RendezvousStatus.Ok, TimeSpan.FromSeconds(90))));
        await world.Delay(80);
        Assert.That((await clients[2].DiscoverAsync(HostWorld.IdOf(0), Name, 0, default, default)).Peers, Has.Count.EqualTo(1));
        await world.Delay(11);
        Assert.That((await clients[2].DiscoverAsync(HostWorld.IdOf(0), Name, 0, default, default)).Peers, Is.Empty);
        Assert.That(server.Count, Is.Zero);
    });

    [Test]
    public void WhatIsWrongIsRefusedWithItsStatus() => Run(new RendezvousOptions(), async (_, server, clients) =>
    {
        async Task<RendezvousStatus> Register(string name, byte[] record, double seconds = 600) =>
            (await clients[1].RegisterAsync(HostWorld.IdOf(0), name, record, TimeSpan.FromSeconds(seconds), default)).Status;

        byte[] forged = RecordOf(1);
        forged[^1] ^= 1;
        Assert.That(await Register(Name, RecordOf(2)), Is.EqualTo(RendezvousStatus.InvalidSignedPeerRecord), "another peer's record");
        Assert.That(await Register(Name, forged), Is.EqualTo(RendezvousStatus.InvalidSignedPeerRecord), "a broken signature");
        Assert.That(await Register(Name, []), Is.EqualTo(RendezvousStatus.InvalidSignedPeerRecord), "no record");
        Assert.That(
            await Register(Name, PeerRecord.Seal(HostWorld.KeyOf(1), 1, [])), Is.EqualTo(RendezvousStatus.InvalidSignedPeerRecord), "no address");
        Assert.That(await Register("", RecordOf(1)), Is.EqualTo(RendezvousStatus.InvalidNamespace));
        Assert.That(await Register(Name, RecordOf(1), 1), Is.EqualTo(RendezvousStatus.InvalidTtl));
        Assert.That(await Register(Name, RecordOf(1), 73 * 3600), Is.EqualTo(RendezvousStatus.InvalidTtl));
        Assert.That(server.Count, Is.Zero);
        Assert.That((await clients[1].DiscoverAsync(HostWorld.IdOf(0), "", 0, default, default)).Status, Is.EqualTo(RendezvousStatus.InvalidNamespace));
        RendezvousPage page = await clients[1].DiscoverAsync(HostWorld.IdOf(0), Name, 0, new byte[24], default);
        Assert.That(page.Status, Is.EqualTo(RendezvousStatus.InvalidCookie));
    });

    [Test]
    public void WhoIsNotAuthorizedGetsNothing() => Run(
        new RendezvousOptions(),
        async (_, server, clients) =>
        {
            RendezvousStatus status = (await clients[1].RegisterAsync(HostWorld.IdOf(0), Name, RecordOf(1), null, default)).Status;
            Assert.That(status, Is.EqualTo(RendezvousStatus.NotAuthorized));
            RendezvousPage page = await clients[1].DiscoverAsync(HostWorld.IdOf(0), Name, 0, default, default);
            Assert.That(page.Status, Is.EqualTo(RendezvousStatus.NotAuthorized));
            Assert.That(server.Count, Is.Zero);
        },
        new RejectingRendezvousAuthorizer());

    [Test]
    public void AFloodIsRefusedAndStopsNobodyElse() => Run(new RendezvousOptions { RequestBurst = 10 }, async (world, _, clients) =>
    {
        List<RendezvousStatus> answers = [];
        for (int i = 0; i < 30; i++)
        {
            answers.Add((await clients[1].RegisterAsync(HostWorld.IdOf(0), $"{Name}/{i}", RecordOf(1), null, default)).Status);
        }

        Assert.That(answers.Count(static status => status == RendezvousStatus.Ok), Is.InRange(10, 12));
        Assert.That(answers[^1], Is.EqualTo(RendezvousStatus.Unavailable));
        RendezvousStatus other = (await clients[2].RegisterAsync(HostWorld.IdOf(0), Name, RecordOf(2), null, default)).Status;
        Assert.That(other, Is.EqualTo(RendezvousStatus.Ok));
        await world.Delay(10);
        RendezvousStatus later = (await clients[1].RegisterAsync(HostWorld.IdOf(0), Name, RecordOf(1), null, default)).Status;
        Assert.That(later, Is.EqualTo(RendezvousStatus.Ok), "it comes back");
    });

    [TestCase(new byte[] { 3, 8, 1, 26 })]
    [TestCase(new byte[] { 4, 8, 1, 26, 0 })]
    [TestCase(new byte[] { 255, 255, 127 })]
    [TestCase(new byte[] { 128, 0 })]
    public void WhatIsNoRequestEndsTheStreamOnly(byte[] bytes) => Run(new RendezvousOptions(), async (_, _, clients, hosts) =>
    {
        PeerStream stream = await hosts[1].OpenStreamAsync(HostWorld.IdOf(0), [RendezvousProtocol.Id], StreamPriority.Normal, default);
        await stream.WriteAsync(bytes, default);
        NetworkException? failure = null;
        try
        {
            await stream.ReadAsync(new byte[1], default);
        }
        catch (NetworkException thrown)
        {
            failure = thrown;
        }

        Assert.That(failure?.Error, Is.EqualTo(NetworkError.Reset));
        Assert.That((await clients[1].RegisterAsync(HostWorld.IdOf(0), Name, RecordOf(1), null, default)).Status, Is.EqualTo(RendezvousStatus.Ok));
    });

    [Test]
    public void AStreamThatAsksNothingEnds() => Run(new RendezvousOptions(), async (world, _, _, hosts) =>
    {
        PeerStream stream = await hosts[1].OpenStreamAsync(HostWorld.IdOf(0), [RendezvousProtocol.Id], StreamPriority.Normal, default);
        await world.Delay(11);
        Assert.That(await stream.ReadAsync(new byte[1], default), Is.Zero);
    });

    [Test]
    public void TheSourceRegistersAndFillsTheBook() => Run(new RendezvousOptions { DefaultTtl = TimeSpan.FromMinutes(2) }, async (world, server, clients, hosts) =>
    {
        await clients[2].RegisterAsync(HostWorld.IdOf(0), Name, RecordOf(2), null, default);
        AddressBook book = new(new AddressBookOptions { AllowPrivateAddresses = true }, world.World.Time, world.World.Random);
        RendezvousPeerSource source = new(hosts[1], clients[1], book, Name, () => RecordOf(1), 3, world.World.Time, world.World.Random);
        await source.FindAsync(10, default);
        Assert.That(server.Count, Is.EqualTo(2));
        Assert.That(book.Count, Is.EqualTo(1), "not itself");
        Assert.That(book.Find(HostWorld.IdOf(2))!.Addresses.Single().Source, Is.EqualTo(AddressSource.SignedRecord));

        await clients[3].RegisterAsync(HostWorld.IdOf(0), Name, RecordOf(3), null, default);
        await source.FindAsync(10, default);
        Assert.That(book.Find(HostWorld.IdOf(3)), Is.Not.Null, "the cookie brings what is new");
        await world.Delay(61);
        await source.FindAsync(10, default);
        await world.Delay(61);
        Assert.That((await clients[2].DiscoverAsync(HostWorld.IdOf(0), Name, 0, default, default)).Peers.Single().Record.Peer, Is.EqualTo(HostWorld.IdOf(1)));
    });

    [Test]
    public void APointThatFailsDoesNotHideTheOthers()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            (Host[] hosts, RendezvousServer[] servers) = await StartPointsAsync(world, isBroken: static i => i != 1);
            await DialAsync(hosts[3], 0, 1, 2);
            AddressBook book = new(new AddressBookOptions { AllowPrivateAddresses = true }, world.World.Time, world.World.Random);
            RendezvousClient client = new(hosts[3], Verifier, world.World.Time, TimeSpan.FromSeconds(10));
            RendezvousPeerSource source = new(hosts[3], client, book, Name, () => RecordOf(3), 3, world.World.Time, world.World.Random);
            NetworkException? failure = null;
            try
            {
                await source.FindAsync(10, default);
            }
            catch (NetworkException thrown)
            {
                failure = thrown;
            }

            Assert.That(failure, Is.Not.Null, "who asked hears of it");
            Assert.That(servers[1].Count, Is.EqualTo(1));
        });
    }

    [Test]
    public void AllDialedPointsHaveTheirTurn()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            (Host[] hosts, RendezvousServer[] servers) = await StartPointsAsync(world, isBroken: static _ => false);
            int[] dialed = [1, 2];
            await DialAsync(hosts[3], dialed);
            await DialAsync(hosts[0], 3);
            AddressBook book = new(new AddressBookOptions { AllowPrivateAddresses = true }, world.World.Time, world.World.Random);
            RendezvousClient client = new(hosts[3], Verifier, world.World.Time, TimeSpan.FromSeconds(10));
            RendezvousPeerSource source = new(hosts[3], client, book, Name, () => RecordOf(3), 1, world.World.Time, world.World.Random);
            for (int i = 0; i < 20; i++)
            {
                await source.FindAsync(10, default);
                await world.Delay(10);
            }

            Assert.That(servers.Select(static server => server.Count), Is.EqualTo(new[] { 0, 1, 1 }), "whoever connects by himself comes last");
        });
    }

    /// <summary>Four hosts, of which the first three are points.</summary>
    private static async Task<(Host[] Hosts, RendezvousServer[] Servers)> StartPointsAsync(HostWorld world, Func<int, bool> isBroken)
    {
        Host[] hosts = new Host[4];
        RendezvousServer[] servers = new RendezvousServer[3];
        for (int i = 0; i < hosts.Length; i++)
        {
            hosts[i] = await world.StartAsync(i);
            if (i < servers.Length)
            {
                servers[i] = new RendezvousServer(
                    hosts[i], new RendezvousOptions(), isBroken(i) ? new BrokenAuthorizer() : new OpenRendezvousAuthorizer(), Verifier, world.World.Time,
                    new SeededRandomSource(1, "point"));
            }
        }

        return (hosts, servers);
    }

    private static async Task DialAsync(Host host, params int[] numbers)
    {
        foreach (int number in numbers)
        {
            Assert.That((await host.DialAsync(HostWorld.AddressOf(number))).IsConnected, Is.True);
        }
    }

    private static byte[] RecordOf(int number) => PeerRecord.Seal(HostWorld.KeyOf(number), 1, [HostWorld.AddressOf(number)]);

    private static void Run(
        RendezvousOptions options, Func<HostWorld, RendezvousServer, RendezvousClient[], Task> scenario, IRendezvousAuthorizer? authorizer = null) =>
        Run(options, (world, server, clients, _) => scenario(world, server, clients), authorizer);

    private static void Run(
        RendezvousOptions options, Func<HostWorld, RendezvousServer, RendezvousClient[], Host[], Task> scenario, IRendezvousAuthorizer? authorizer = null)
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host[] hosts = new Host[4];
            for (int i = 0; i < hosts.Length; i++)
            {
                hosts[i] = await world.StartAsync(i);
            }

            RendezvousServer server = new(
                hosts[0], options, authorizer ?? new OpenRendezvousAuthorizer(), Verifier, world.World.Time, new SeededRandomSource(1, "point"));
            RendezvousClient[] clients =
                [.. hosts.Select(host => new RendezvousClient(host, Verifier, world.World.Time, TimeSpan.FromSeconds(10)))];
            for (int i = 1; i < hosts.Length; i++)
            {
                Assert.That((await hosts[i].DialAsync(HostWorld.AddressOf(0))).IsConnected, Is.True);
            }

            await scenario(world, server, clients, hosts);
        });
    }

    private sealed class BrokenAuthorizer : IRendezvousAuthorizer
    {
        public ValueTask<bool> MayRegisterAsync(PeerId peer, string @namespace, CancellationToken cancellation) =>
            throw new NetworkException(NetworkError.Closed, "broken");

        public ValueTask<bool> MayDiscoverAsync(PeerId peer, string @namespace, CancellationToken cancellation) =>
            throw new NetworkException(NetworkError.Closed, "broken");
    }
}
