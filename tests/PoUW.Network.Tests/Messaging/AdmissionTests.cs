using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Hosting;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Messaging;

internal sealed class AdmissionTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task TwoNodesGetOneConnection(bool tcp)
    {
        await using TestNetwork network = tcp ? TestNetwork.Tcp() : TestNetwork.InMemory();
        TestNode a = await network.AddAsync(1, new NetworkOptions { Host = new HostOptions { Agent = "first" } });
        TestNode b = await network.AddAsync(2);
        await a.ConnectAsync(b);
        PeerDescription atB = b.Node.Peers.Single();
        Assert.That((atB.Id, atB.Agent, atB.IsInbound, atB.Account), Is.EqualTo((a.Node.Id, "first", true, (Address?)null)));
        Assert.That(a.Node.Peers.Single().IsInbound, Is.False);
        bool hasRecord = PeerRecord.TryOpen(a.Node.Host.RecordOf(b.Node.Id).Span, IdentityVerifier.Create(), out PeerRecord? record).IsValid;
        Assert.That(hasRecord, Is.EqualTo(tcp), "signed records are not for the simulator");
        Assert.That(record?.Addresses ?? a.Node.Host.Peers.Single().Addresses, Is.EqualTo(new[] { b.Listen }));
    }

    [Test]
    public async Task AnApplicationMayAddToTheGaterOfANode()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode unwanted = await network.AddAsync(3);
        ScriptedGater? scripted = null;
        IConnectionGater? own = null;
        NetworkOptions options = new()
        {
            Gater = inner =>
            {
                own = inner;
                return scripted = new ScriptedGater
                {
                    Keep = peer => peer == unwanted.Node.Id
                        ? ValidationResult.Fail(ValidationCode.NotAllowed, "peer", "unwanted")
                        : inner.MayKeep(peer, Multiaddr.Memory("any"), true),
                };
            },
        };
        TestNode a = await network.AddAsync(1, options);
        TestNode b = await network.AddAsync(2);
        Assert.That(a.Node.Host.Guards.Gater, Is.SameAs(scripted));
        Assert.That(own, Is.InstanceOf<ConnectionGater>());
        Assert.That((await unwanted.Node.ConnectAsync(a.Listen).InTime()).IsConnected, Is.False);
        await b.ConnectAsync(a);
        a.Node.Host.Guards.Bans.Add(b.Node.Id, TimeSpan.FromHours(1), "test");
        await b.Node.DisconnectAsync(a.Node.Id).InTime();
        Assert.That((await b.Node.ConnectAsync(a.Listen).InTime()).IsConnected, Is.False, "the node's own gater was asked");
    }

    [TestCase(1, 2)]
    [TestCase(2, 1)]
    public async Task AnotherNetworkIsRefused(byte dialer, byte dialed)
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode a = await network.AddAsync(dialer);
        TestNode b = await network.AddAsync(dialed, genesis: Hash256.Sha256("other"u8));
        ConnectResult result = await a.Node.ConnectAsync(b.Listen).InTime();
        Assert.That((result.Reason, result.Peer), Is.EqualTo((CloseReason.WrongNetwork, b.Node.Id)));
        await b.Observer.WaitForAsync(NetworkEventKind.HandshakeFailed, nameof(CloseReason.WrongNetwork));
        Assert.That(a.Node.Peers, Is.Empty);
    }

    [TestCase(CloseReason.WrongVersion)]
    [TestCase(CloseReason.Malformed)]
    [TestCase(CloseReason.ProtocolViolation)]
    public async Task ABadHelloIsToldSo(CloseReason expected)
    {
        byte[] hello = expected switch
        {
            CloseReason.WrongVersion => RawPeer.HelloOf(7),
            CloseReason.Malformed => [3, 255, 255, 255],
            _ => DelimitedMessages.Encode(new byte[HelloMessage.MaxBytes + 1]),
        };
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        await using RawPeer peer = await RawPeer.DialAsync(network, node, 9);
        await peer.SayHelloAsync(hello);
        Assert.That(await peer.EndAsync(), Is.EqualTo(expected));
        await node.Observer.WaitForAsync(NetworkEventKind.HandshakeFailed, expected.ToString());
    }

    [Test]
    public async Task ASecondHelloEndsTheConnection()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        Assert.That(async () => await ReadAgainAsync(peer), Throws.InstanceOf<NetworkException>());
        Assert.That(await peer.EndAsync(), Is.EqualTo(CloseReason.ProtocolViolation));

        static async Task ReadAgainAsync(RawPeer peer) =>
            await (await peer.SayHelloAsync(RawPeer.HelloOf())).ReadAsync(new byte[1], CancellationToken.None).InTime();
    }

    [Test]
    public async Task OwnIdIsRefused()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        Assert.That((await node.Node.ConnectAsync(node.Listen).InTime()).Reason, Is.EqualTo(CloseReason.SelfConnection));
        await using RawPeer peer = await RawPeer.DialAsync(network, node, 1);
        Assert.That(await peer.EndAsync(), Is.EqualTo(CloseReason.SelfConnection));
    }

    [TestCase("GET / HTTP/1.1\r\n\r\n")]
    [TestCase("\u0013/multistream/1.0.0\n")]
    public async Task GarbageIsDroppedUnheard(string text)
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        IConnection raw = await network.Transport.DialAsync(node.Listen, CancellationToken.None).InTime();
        await raw.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text), CancellationToken.None);
        await raw.CloseWritingAsync();
        await node.Observer.WaitForAsync(NetworkEventKind.HandshakeFailed);
        await raw.CloseAsync();
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    public async Task ASlowHandshakeEndsAtItsDeadlineWhateverItsStage(int stage)
    {
        ManualTimeProvider time = new();
        await using TestNetwork network = TestNetwork.InMemory(time);
        TestNode node = await network.AddAsync(1, new NetworkOptions { Host = new HostOptions { MaxPeers = 1 } });
        IConnection? raw = null;
        RawPeer? peer = null;
        if (stage == 0)
        {
            raw = await network.Transport.DialAsync(node.Listen, CancellationToken.None).InTime();
        }
        else
        {
            peer = await RawPeer.DialAsync(network, node, 9);
            if (stage == 2)
            {
                BufferedDuplexStream hello = await peer.SayHelloAsync(RawPeer.HelloOf());
                byte[] answers = new byte[1];
                await DelimitedMessages.ReadAsync(hello, HelloMessage.MaxBytes, CancellationToken.None).InTime();
                await DelimitedMessages.TryFillAsync(hello, answers, CancellationToken.None).InTime();
            }
        }

        TimeSpan limit = stage == 0 ? node.Node.Options.Guards.Handshakes.Deadline : node.Node.Options.Host.HandshakeTimeout;
        await time.WaitForTimerAsync(limit);
        time.Advance(limit - TimeSpan.FromTicks(1));
        Assert.That(node.Observer.Events.Items, Is.Empty);
        time.Advance(TimeSpan.FromTicks(1));
        await node.Observer.WaitForAsync(NetworkEventKind.HandshakeFailed, nameof(CloseReason.HandshakeTimeout));
        if (peer is not null)
        {
            Assert.That(await peer.EndAsync(), Is.EqualTo(CloseReason.HandshakeTimeout));
            await peer.DisposeAsync();
        }

        await (raw?.CloseAsync() ?? ValueTask.CompletedTask);
        await using RawPeer next = await RawPeer.JoinAsync(network, node, 8);
        Assert.That(node.Node.Peers.Single().Id, Is.EqualTo(TestNetwork.IdOf(8)), "the place is free");
    }

    [Test]
    public async Task AFullNodeRefuses()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode full = await network.AddAsync(1, new NetworkOptions { Host = new HostOptions { MaxPeers = 1 } });
        await (await network.AddAsync(2)).ConnectAsync(full);
        TestNode third = await network.AddAsync(3);
        Assert.That((await third.Node.ConnectAsync(full.Listen).InTime()).Reason, Is.EqualTo(CloseReason.TooManyPeers));
    }

    [Test]
    public async Task TheAuthorizerIsAsked()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode closed = await network.AddAsync(2, authorizer: new RejectingPeerAuthorizer());
        TestNode low = await network.AddAsync(1);
        TestNode high = await network.AddAsync(3);
        Assert.That((await low.Node.ConnectAsync(closed.Listen).InTime()).Reason, Is.EqualTo(CloseReason.Unauthorized));
        Assert.That((await high.Node.ConnectAsync(closed.Listen).InTime()).Reason, Is.EqualTo(CloseReason.Unauthorized));
        Assert.That((await closed.Node.ConnectAsync(low.Listen).InTime()).Reason, Is.EqualTo(CloseReason.Unauthorized));
    }

    [Test]
    public async Task NobodyListensIsAnAnswer()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        ConnectResult result = await node.Node.ConnectAsync(Multiaddr.Memory("nowhere")).InTime();
        Assert.That((result.Reason, result.IsConnected, result.Peer), Is.EqualTo((CloseReason.Unreachable, false, (PeerId?)null)));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task AnotherPeerThanTheAddressNamesIsRefused(bool tcp)
    {
        await using TestNetwork network = tcp ? TestNetwork.Tcp() : TestNetwork.InMemory();
        TestNode a = await network.AddAsync(1);
        TestNode b = await network.AddAsync(2);
        ConnectResult wrong = await a.Node.ConnectAsync(b.Listen.WithPeer(TestNetwork.IdOf(3))).InTime();
        Assert.That(wrong.Reason, Is.EqualTo(CloseReason.WrongPeer));
        Assert.That((await a.Node.ConnectAsync(b.Listen.WithPeer(b.Node.Id)).InTime()).Reason, Is.EqualTo(CloseReason.None));
    }

    [Test]
    public async Task ASecondConnectionIsADuplicateFromEitherSide()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode a = await network.AddAsync(1);
        TestNode b = await network.AddAsync(2);
        await a.ConnectAsync(b);
        Assert.That((await a.Node.ConnectAsync(b.Listen).InTime()).Reason, Is.EqualTo(CloseReason.Duplicate));
        Assert.That((await b.Node.ConnectAsync(a.Listen).InTime()).Reason, Is.EqualTo(CloseReason.Duplicate));
        Assert.That((await b.Node.ConnectAsync(a.Listen.WithPeer(a.Node.Id)).InTime()).Reason, Is.EqualTo(CloseReason.Duplicate));
        Assert.That((a.Connected.Items.Count, b.Connected.Items.Count, a.Disconnected.Items.Count), Is.EqualTo((1, 1, 0)));
    }

    [Test]
    public async Task SimultaneousDialsLeaveOneConnectionOnBothSides()
    {
        for (int round = 0; round < 20; round++)
        {
            await using TestNetwork network = TestNetwork.InMemory();
            TestNode a = await network.AddAsync(1);
            TestNode b = await network.AddAsync(2);
            a.Node.Serve("t", static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(new byte[1]));
            b.Node.Serve("t", static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(new byte[1]));
            ConnectResult[] results = await Task.WhenAll(
                a.Node.ConnectAsync(b.Listen).AsTask(), b.Node.ConnectAsync(a.Listen).AsTask(),
                a.Node.ConnectAsync(b.Listen).AsTask(), b.Node.ConnectAsync(a.Listen).AsTask()).InTime();
            Assert.That(results.Count(result => result.IsConnected), Is.EqualTo(1));
            Assert.That(results.Count(result => result.Reason == CloseReason.Duplicate), Is.EqualTo(3));
            await b.Connected.WaitForCountAsync(1);
            await a.Connected.WaitForCountAsync(1);
            Assert.That((await a.Node.RequestAsync(b.Node.Id, "t", default, Deadline.Limit).InTime()).IsOk, Is.True);
            Assert.That((await b.Node.RequestAsync(a.Node.Id, "t", default, Deadline.Limit).InTime()).IsOk, Is.True);
            Assert.That((a.Connected.Items.Count, b.Connected.Items.Count), Is.EqualTo((1, 1)));
        }
    }

    [Test]
    public async Task APeerMayComeBackAtOnce()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode a = await network.AddAsync(1);
        TestNode b = await network.AddAsync(2);
        for (int round = 0; round < 20; round++)
        {
            TestNode dialer = round % 2 == 0 ? a : b;
            TestNode other = round % 2 == 0 ? b : a;
            Assert.That((await dialer.Node.ConnectAsync(other.Listen).InTime()).Reason, Is.EqualTo(CloseReason.None), $"round {round}");

            // A dial returns when the dialer has the connection; only who has it can leave it.
            await Task.WhenAll(a.Connected.WaitForCountAsync(round + 1), b.Connected.WaitForCountAsync(round + 1));
            TestNode leaver = round % 3 == 0 ? a : b;
            await leaver.Node.DisconnectAsync(leaver == a ? b.Node.Id : a.Node.Id).InTime();
        }

        Assert.That(a.Connected.Items, Has.Count.EqualTo(20));
    }

    [Test]
    public async Task RandomHellosLeaveTheNodeAlive()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        Random random = new(99);
        byte[] hello = RawPeer.HelloOf();
        for (int round = 0; round < 100; round++)
        {
            await using RawPeer peer = await RawPeer.DialAsync(network, node, 9);
            await peer.SayHelloAsync(FrameMutation.Mutate(hello, random));
        }

        await using RawPeer good = await RawPeer.JoinAsync(network, node, 77);
        Assert.That(node.Observer.Events.Items.Any(e => e.Kind == NetworkEventKind.InternalFailure), Is.False);
    }
}
