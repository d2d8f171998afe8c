using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identify;
using PoUW.Network.Negotiation;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Hosting;

/// <summary>Peers that break every step of a connection, in virtual time: the host stays well, and gives back all it took.</summary>
internal sealed class HostilePeerTests
{
    private const int Honest = 3;
    private const int Evil = 9;

    [Test]
    public void SilentConnectionsKeepNobodyOut()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host host = await world.StartAsync(0);
            ITransport evil = world.Model.AddHost("evil");
            List<IConnection> silent = [];
            for (int i = 0; i < 300; i++)
            {
                silent.Add(await evil.DialAsync(HostWorld.AddressOf(0), CancellationToken.None));
            }

            Host honest = await world.StartAsync(Honest);
            TimeSpan before = world.World.Time.Now;
            Assert.That((await honest.DialAsync(HostWorld.AddressOf(0))).Reason, Is.EqualTo(CloseReason.None));
            Assert.That(world.World.Time.Now - before, Is.LessThan(TimeSpan.FromSeconds(1)));
            Assert.That(host.Guards.Handshakes.Count, Is.LessThanOrEqualTo(new PendingHandshakesOptions().MaxPerAddress));
            await world.Delay(30);
            Assert.That(host.Guards.Handshakes.Count, Is.Zero);
            Assert.That(await silent[^1].ReadAsync(new byte[100], CancellationToken.None), Is.GreaterThan(0), "the header of the host");
            Assert.That(await silent[^1].ReadAsync(new byte[100], CancellationToken.None), Is.Zero, "the last one is closed too");
            foreach (IConnection connection in silent)
            {
                await connection.CloseAsync();
            }
        });
    }

    [Test]
    public void AConnectionMayBreakAtEveryByte()
    {
        for (int cut = 0; cut < 700; cut += 9)
        {
            HostWorld world = new();
            RecordingObserver observer = new();
            world.Run(async () =>
            {
                Host host = await world.StartAsync(0, hello: HostWorld.Hello(), observer: observer);
                Host peer = world.Make(Evil, hello: HostWorld.Hello(), transport: new CuttingTransport(world.Model.AddHost("evil"), cut));
                await peer.DialAsync(HostWorld.AddressOf(0));
                await world.Delay(20);
                Host honest = await world.StartAsync(Honest, hello: HostWorld.Hello());
                Assert.That((await honest.DialAsync(HostWorld.AddressOf(0))).Reason, Is.EqualTo(CloseReason.None), $"cut after {cut} bytes");
            });
            Assert.That(observer.Events.Items.Any(static e => e.Kind is NetworkEventKind.InternalFailure or NetworkEventKind.HandlerFailed), Is.False);
        }
    }

    [TestCase(true)]
    [TestCase(false)]
    public void TenThousandStreamsHurtNobody(bool negotiates)
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host host = await world.StartAsync(0);
            Host honest = await world.StartAsync(Honest);
            await honest.DialAsync(HostWorld.AddressOf(0));
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            await world.Delay(1);
            Task flood = FloodAsync(peer, negotiates);
            for (int i = 0; i < 20; i++)
            {
                await world.Delay(0.2);
                Assert.That(await honest.PingAsync(host.Id), Is.LessThan(TimeSpan.FromMilliseconds(100)));
                Assert.That(host.Guards.Resources.Of(HostWorld.IdOf(Evil)).Streams, Is.LessThanOrEqualTo(host.Options.MaxPendingStreams));
            }

            await peer.Muxer.CloseAsync(0);
            await flood;
            Assert.That(host.Peers.Select(static p => p.Id), Does.Contain(honest.Id));
        });
    }

    [Test]
    public void AStrangerCannotMakeTheHostKeepMuch()
    {
        const int Streams = 20;
        HostWorld world = new();
        world.Run(async () =>
        {
            Host host = await world.StartAsync(0, hello: HostWorld.Hello());
            host.Handle("/late", static (_, _) => Task.CompletedTask);

            // It never says hello, so nothing reads what it writes to a protocol that waits for its admission.
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            int refused = 0;
            for (int i = 0; i < Streams; i++)
            {
                BufferedDuplexStream stream = (await peer.OpenAsync("/late"))!;
                await stream.WriteAsync(new byte[200_000], CancellationToken.None);
                await world.Delay(0.1);
                refused += await IsResetAsync(stream) ? 1 : 0;
            }

            Assert.That(refused, Is.InRange(Streams - 8, Streams - 5));
            Assert.That(host.Guards.Resources.Of(HostWorld.IdOf(Evil)).MemoryBytes, Is.InRange(1, host.Options.MaxUnreadBytesBeforeAdmission));
            await peer.Muxer.CloseAsync(0);
        });
    }

    [TestCase(20_000)]
    [TestCase(16_000)]
    public void AnIdentifyBombEndsTheConnection(int bytes)
    {
        byte[] message = DelimitedMessages.Encode(bytes > 16_384 ? new byte[bytes] : new IdentifyMessage
        {
            Protocols = [.. Enumerable.Range(0, 600).Select(static i => $"/p/{i}")],
        }.Encode());
        Assert.That(Admitted(message), Is.False);
        Assert.That(Admitted(DelimitedMessages.Encode(new IdentifyMessage { Key = TestKeys.Of(5).PublicKey }.Encode())), Is.False, "another's key");
        Assert.That(Admitted(DelimitedMessages.Encode(new IdentifyMessage { Agent = "good" }.Encode())), Is.True);
        Assert.That(Admitted(null), Is.True, "it need not speak identify");
    }

    [Test]
    public void RandomIdentifyMessagesAreReadOrRefused()
    {
        IdentifyOptions options = new();
        byte[] good = new IdentifyMessage
        {
            Key = TestKeys.Of(1).PublicKey,
            Addresses = [HostWorld.AddressOf(1)],
            Protocols = ["/a", "/b"],
            ObservedAddress = HostWorld.AddressOf(2),
            Agent = "agent",
            ProtocolVersion = "v",
            SignedPeerRecord = new byte[20],
        }.Encode();
        Random random = new(5);
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            bool isValid = IdentifyMessage.TryDecode(FrameMutation.Mutate(good, random), options, out IdentifyMessage? message).IsValid;
            Assert.That(message is not null, Is.EqualTo(isValid));
            read += isValid ? 1 : 0;
        }

        Assert.That(read, Is.InRange(1, 19_999));
    }

    [Test]
    public void RandomHellosAreReadOrRefused()
    {
        byte[] good = new HelloMessage(1, HostWorld.Genesis, "agent", new byte[100]).Encode();
        Random random = new(6);
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            bool isValid = HelloMessage.TryDecode(FrameMutation.Mutate(good, random), out HelloMessage? message).IsValid;
            Assert.That(message is not null, Is.EqualTo(isValid));
            read += isValid ? 1 : 0;
        }

        Assert.That(read, Is.InRange(1, 19_999));
    }

    [Test]
    public void ABanThatComesDuringAHandshakeHolds()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            Host? host = null;
            RecordingObserver observer = new();
            ScriptedGater gater = new()
            {
                Keep = peer =>
                {
                    // What the peer earns on another connection, right after it was let in here.
                    for (int i = 0; i < host!.Options.FaultsBeforeBan; i++)
                    {
                        host.Punish(peer, "elsewhere");
                    }

                    return ValidationResult.Ok;
                },
            };
            host = await world.StartAsync(0, observer: observer, gater: gater);
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            await world.Delay(5);
            Assert.That(host.Guards.Bans.IsBanned(HostWorld.IdOf(Evil)), Is.True);
            Assert.That(host.Peers, Is.Empty);
            Assert.That(observer.Events.Items.Count(static e => e.Kind == NetworkEventKind.PeerBanned), Is.EqualTo(1));
            await peer.Muxer.CloseAsync(0);
        });
    }

    [Test]
    public void AFaultOfABannedPeerEndsItsConnectionWithoutASecondBan()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            RecordingObserver observer = new();
            Host host = await world.StartAsync(0, observer: observer);
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            await world.Delay(1);
            Assert.That(host.Peers, Has.Count.EqualTo(1));
            host.Guards.Bans.Add(HostWorld.IdOf(Evil), TimeSpan.FromMinutes(1), "by hand");
            host.Punish(HostWorld.IdOf(Evil), "once more");
            await world.Delay(5);
            Assert.That(host.Peers, Is.Empty);
            Assert.That(observer.Events.Items.Any(static e => e.Kind == NetworkEventKind.PeerBanned), Is.False);
            await peer.Muxer.CloseAsync(0);
        });
    }

    [Test]
    public void AnOptimisticRequestForAnUnknownProtocolIsAnsweredNa()
    {
        HostWorld world = new();
        world.Run(async () =>
        {
            await world.StartAsync(0);
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0);
            await world.Delay(1);
            BufferedDuplexStream stream = new(await peer.Muxer.OpenStreamAsync(CancellationToken.None));

            // A message of five bytes, which is no line.
            bool isAgreed = await MultistreamSelect.TryDialAsync(
                stream, "/unknown", new byte[] { 5, 1, 2, 3, 4, 5 }, new MultistreamOptions(), CancellationToken.None);
            Assert.That(isAgreed, Is.False);
            await peer.Muxer.CloseAsync(0);
        });
    }

    private static async Task FloodAsync(WorldPeer peer, bool negotiates)
    {
        try
        {
            for (int i = 0; i < 10_000; i++)
            {
                if (negotiates)
                {
                    Assert.That(await peer.OpenAsync($"/unknown/{i}"), Is.Null);
                }
                else
                {
                    await peer.Muxer.OpenStreamAsync(CancellationToken.None);
                }
            }
        }
        catch (NetworkException)
        {
            // The host has had enough, which is one way to end a flood.
            return;
        }
    }

    private static async Task<bool> IsResetAsync(BufferedDuplexStream stream)
    {
        try
        {
            await stream.WriteAsync(new byte[1], CancellationToken.None);
            return false;
        }
        catch (NetworkException failure)
        {
            Assert.That(failure.Error, Is.EqualTo(NetworkError.Reset));
            return true;
        }
    }

    private static bool Admitted(byte[]? identify)
    {
        HostWorld world = new();
        bool isAdmitted = false;
        world.Run(async () =>
        {
            Host host = await world.StartAsync(0);
            WorldPeer peer = await WorldPeer.DialAsync(world, world.Model.AddHost("evil"), Evil, 0, identify);
            await world.Delay(1);
            isAdmitted = host.Peers.Count == 1;
            await peer.Muxer.CloseAsync(0);
        });
        return isAdmitted;
    }

    /// <summary>Connections that break after so many written bytes.</summary>
    private sealed class CuttingTransport(ITransport inner, int bytes) : ITransport
    {
        public bool CanDial(Multiaddresses.Multiaddr address) => inner.CanDial(address);

        public ValueTask<IListener> ListenAsync(Multiaddresses.Multiaddr address, CancellationToken cancellation) => inner.ListenAsync(address, cancellation);

        public async ValueTask<IConnection> DialAsync(Multiaddresses.Multiaddr address, CancellationToken cancellation) =>
            new CuttingConnection(await inner.DialAsync(address, cancellation), bytes);
    }

    private sealed class CuttingConnection(IConnection inner, int bytes) : IConnection
    {
        private int _left = bytes;

        public Multiaddresses.Multiaddr RemoteAddress => inner.RemoteAddress;

        public Multiaddresses.Multiaddr LocalAddress => inner.LocalAddress;

        public ValueTask<int> ReadAsync(Memory<byte> destination, CancellationToken cancellation) => inner.ReadAsync(destination, cancellation);

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellation)
        {
            int part = Math.Min(_left, source.Length);
            _left -= part;
            await inner.WriteAsync(source[..part], cancellation);
            if (part < source.Length)
            {
                await inner.CloseAsync();
                throw new NetworkException(NetworkError.Closed, "cut");
            }
        }

        public ValueTask CloseWritingAsync() => inner.CloseWritingAsync();

        public ValueTask CloseAsync() => inner.CloseAsync();

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
