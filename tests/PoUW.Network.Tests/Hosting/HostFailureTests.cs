using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Tests.Muxing;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Hosting;

/// <summary>What the application plugs in fails, or takes its time: one connection pays, and nothing is kept of it.</summary>
internal sealed class HostFailureTests
{
    private const int Evil = 9;

    [TestCase("dial")]
    [TestCase("accept")]
    [TestCase("keep")]
    [TestCase("keep of the dialer")]
    [TestCase("authorizer")]
    public void WhoeverThrowsAdmitsNobodyAndKeepsNothing(string where)
    {
        HostWorld world = new();
        RecordingObserver observer = new();
        world.Run(async () =>
        {
            ScriptedGater gater = new();
            ThrowingAuthorizer authorizer = new();
            Host host = await world.StartAsync(0, hello: HostWorld.Hello(authorizer: authorizer), observer: observer, gater: gater);
            ScriptedGater evil = new();
            Host peer = world.Make(Evil, hello: HostWorld.Hello(), gater: evil, observer: observer);
            switch (where)
            {
                case "dial":
                    evil.Dial = static _ => throw new InvalidOperationException("gater");
                    break;
                case "accept":
                    gater.Accept = static _ => throw new InvalidOperationException("gater");
                    break;
                case "keep":
                    gater.Keep = static _ => throw new InvalidOperationException("gater");
                    break;
                case "keep of the dialer":
                    evil.Keep = static _ => throw new InvalidOperationException("gater");
                    break;
                default:
                    authorizer.Throws = true;
                    break;
            }

            Assert.That((await peer.DialAsync(HostWorld.AddressOf(0))).IsConnected, Is.False);
            await world.Delay(20);
            Assert.That(world.Model.ConnectionCount, Is.Zero);
            foreach (Host one in new[] { host, peer })
            {
                ResourceUsage held = one.Guards.Resources.System;
                Assert.That((held.Connections, held.Streams, one.Guards.Handshakes.Count), Is.EqualTo((0, 0, 0)));
            }

            (gater.Accept, gater.Keep, authorizer.Throws) = (static _ => ValidationResult.Ok, static _ => ValidationResult.Ok, false);
            Host honest = world.Make(3, hello: HostWorld.Hello());
            Assert.That((await honest.DialAsync(HostWorld.AddressOf(0))).Reason, Is.EqualTo(CloseReason.None));
        });
        Assert.That(observer.Events.Items.Count(static e => e is { Kind: NetworkEventKind.HandlerFailed, Failure: InvalidOperationException }), Is.EqualTo(1));
    }

    [Test]
    public void ASlowEndIsToldBeforeTheNextBeginning()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host a = await world.StartAsync(0, hello: HostWorld.Hello());
            Host b = world.Make(1, hello: HostWorld.Hello());
            await b.DialAsync(HostWorld.AddressOf(0));
            await world.Delay(1);
            List<string> log = [];
            a.PeerConnected += _ => log.Add("+");
            a.PeerDisconnected += gone =>
            {
                // The peer comes back while this side still tells that it went.
                if (log.Count == 0)
                {
                    log.Add("-");
                    world.World.Spawn("again", async () => await b.DialAsync(HostWorld.AddressOf(0)));
                    world.World.RunMeanwhile(TimeSpan.FromSeconds(2));
                }
            };
            a.Left += (_, _) => log.Add("left");
            await b.DisconnectAsync(a.Id);
            await world.Delay(20);
            Assert.That(log, Is.EqualTo(new[] { "-", "left", "+" }));
            Assert.That(a.Peers, Has.Count.EqualTo(1));
        });
    }

    [Test]
    public void WhoIsNotKeptIsNotServed()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            // Other threads go on while the gater thinks.
            ScriptedGater gater = new();
            gater.Keep = _ =>
            {
                world.World.RunMeanwhile(TimeSpan.FromSeconds(1));
                return ValidationResult.Fail(ValidationCode.NotAllowed, "peer", "Nobody.");
            };
            await world.StartAsync(0, gater: gater);
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            IMuxedStream early = await peer.Muxer.OpenStreamAsync(CancellationToken.None);
            try
            {
                Assert.That(await early.ReadAsync(new byte[1], CancellationToken.None), Is.Zero, "not a byte of an answer");
            }
            catch (NetworkException failure)
            {
                Assert.That(failure.Error, Is.EqualTo(NetworkError.Closed));
            }

            Assert.That(CloseCodes.ToReason(await peer.Muxer.Completion), Is.EqualTo(CloseReason.Unauthorized));
        });
    }

    [Test]
    public void AnotherPeerAtAnAddressSpeaksForTheAddressOnly()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            await world.StartAsync(0);
            Host b = world.Make(1);
            Multiaddr wrong = HostWorld.AddressOf(0).WithPeer(HostWorld.IdOf(5));
            Assert.That((await b.DialAsync(wrong)).Reason, Is.EqualTo(CloseReason.WrongPeer));
            Assert.That((await b.DialWhenDueAsync(wrong)).Reason, Is.EqualTo(CloseReason.TooSoon));
            Assert.That(b.Guards.Dials.WaitBefore(HostWorld.IdOf(5), HostWorld.AddressOf(6)), Is.EqualTo(TimeSpan.Zero));
        });
    }

    [Test]
    public async Task AConnectionEndsAlsoWhenNoMoreTasksAreTaken()
    {
        await using YamuxPair pair = new();
        TaskGroup tasks = new(new ThreadPoolSpawner(), new NullNetworkObserver());
        await tasks.CompleteAsync();
        ResourceManager resources = new(new ResourceOptions());
        Assert.That(resources.TryOpenConnection(true, HostWorld.AddressOf(1), out ConnectionScope? scope).IsValid, Is.True);
        HostConnection connection = new(HostWorld.IdOf(1), HostWorld.AddressOf(1), true, pair.Listener, scope!, tasks);
        connection.BeginClose(CloseReason.ShuttingDown);
        Assert.That(await connection.WaitForReasonAsync().InTime(), Is.EqualTo(CloseReason.ShuttingDown));
        Assert.That(CloseCodes.ToReason(await pair.Dialer.Completion.InTime()), Is.EqualTo(CloseReason.ShuttingDown));
    }

    [Test]
    public void AConnectionThatBreaksInItsOwnWayEndsOnlyItself()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            BreakingTransport breaking = new(world.Model.AddHost("n0"));
            Host host = world.Make(0, transport: breaking);
            await host.ListenAsync(HostWorld.AddressOf(0));
            Host b = world.Make(1);
            Host c = world.Make(2);
            await b.DialAsync(HostWorld.AddressOf(0));
            await c.DialAsync(HostWorld.AddressOf(0));
            await world.Delay(1);
            Assert.That(host.Peers, Has.Count.EqualTo(2));
            breaking.Accepted[0].IsBroken = true;
            await b.DisconnectAsync(host.Id);
            await world.Delay(60);
            Assert.That(host.Peers.Select(static peer => peer.Id), Is.EqualTo(new[] { c.Id }));
            Assert.That(await c.PingAsync(host.Id), Is.GreaterThan(TimeSpan.Zero));
        });
    }

    private sealed class ThrowingAuthorizer : IPeerAuthorizer
    {
        public bool Throws { get; set; }

        public ValueTask<ValidationResult> AuthorizeAsync(PeerDescription peer, CancellationToken cancellation) =>
            Throws ? throw new InvalidOperationException("authorizer") : ValueTask.FromResult(ValidationResult.Ok);
    }

    /// <summary>Connections that fail with what no connection should fail with.</summary>
    private sealed class BreakingTransport(ITransport inner) : ITransport
    {
        public List<BreakingConnection> Accepted { get; } = [];

        public bool CanDial(Multiaddr address) => inner.CanDial(address);

        public async ValueTask<IListener> ListenAsync(Multiaddr address, CancellationToken cancellation) =>
            new BreakingListener(this, await inner.ListenAsync(address, cancellation));

        public ValueTask<IConnection> DialAsync(Multiaddr address, CancellationToken cancellation) => inner.DialAsync(address, cancellation);
    }

    private sealed class BreakingListener(BreakingTransport owner, IListener inner) : IListener
    {
        public Multiaddr LocalAddress => inner.LocalAddress;

        public async ValueTask<IConnection?> AcceptAsync(CancellationToken cancellation)
        {
            if (await inner.AcceptAsync(cancellation) is not { } connection)
            {
                return null;
            }

            BreakingConnection breaking = new(connection);
            owner.Accepted.Add(breaking);
            return breaking;
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class BreakingConnection(IConnection inner) : IConnection
    {
        public bool IsBroken { get; set; }

        public Multiaddr RemoteAddress => inner.RemoteAddress;

        public Multiaddr LocalAddress => inner.LocalAddress;

        public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation) => inner.ReadAsync(destination, cancellation);

        public ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation) => inner.WriteAsync(source, cancellation);

        public ValueTask CloseWritingAsync() => inner.CloseWritingAsync();

        public async ValueTask CloseAsync()
        {
            await inner.CloseAsync();
            if (IsBroken)
            {
                throw new InvalidOperationException("close");
            }
        }

        public ValueTask DisposeAsync() => CloseAsync();
    }
}
