using PoUW.Core.Primitives;
using PoUW.Network.Framing;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sessions;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Sessions;

internal sealed class HandshakeTests
{
    [Test]
    public async Task TwoNodesGetOneSession()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode a = await network.AddAsync(1, new NetworkOptions { Agent = "first" });
        TestNode b = await network.AddAsync(2);
        await a.ConnectAsync(b);
        PeerDescription atB = b.Node.Peers.Single();
        Assert.That((atB.Id, atB.Agent, atB.IsInbound), Is.EqualTo((a.Node.Id, "first", true)));
        Assert.That(a.Node.Peers.Single().IsInbound, Is.False);
    }

    [TestCase(1, 2)]
    [TestCase(2, 1)]
    public async Task AnotherNetworkIsRefused(byte dialer, byte dialed)
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode a = await network.AddAsync(dialer);
        TestNode b = await network.AddAsync(dialed, genesis: Hash256.Sha256("other"u8));
        ConnectResult result = await a.Node.ConnectAsync(b.Listen).InTime();
        Assert.That(result.Reason, Is.EqualTo(CloseReason.WrongNetwork));
        await b.Observer.WaitForAsync(NetworkEventKind.HandshakeFailed, nameof(CloseReason.WrongNetwork));
        Assert.That(a.Node.Peers, Is.Empty);
    }

    [Test]
    public async Task AWrongVersionIsToldSo()
    {
        byte[] hello = new HandshakeMessage(7, TestNetwork.Genesis, TestNetwork.IdOf(9), "raw").Encode();
        await AssertRefusedAsync(peer => peer.SendAsync(FrameType.Hello, hello), CloseReason.WrongVersion);
    }

    [Test]
    public Task ATooLongHelloIsRefused() =>
        AssertRefusedAsync(peer => peer.SendAsync(FrameType.Hello, new byte[HandshakeMessage.MaxBytes + 1]), CloseReason.TooLarge);

    [Test]
    public Task AHugeLengthIsRefusedUnread() =>
        AssertRefusedAsync(peer => peer.SendRawAsync([255, 255, 255, 255, (byte)FrameType.Hello]), CloseReason.TooLarge);

    [Test]
    public Task GarbageIsRefused() => AssertRefusedAsync(peer => peer.SendRawAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray()), CloseReason.Malformed);

    [Test]
    public Task AMalformedHelloIsRefused() =>
        AssertRefusedAsync(peer => peer.SendAsync(FrameType.Hello, [1, 2, 3]), CloseReason.Malformed);

    [Test]
    public Task AnotherFrameFirstIsRefused() =>
        AssertRefusedAsync(peer => peer.SendAsync(FrameType.Gossip, new byte[40]), CloseReason.ProtocolViolation);

    [Test]
    public Task ASecondHelloIsRefused() => AssertRefusedAsync(
        async peer =>
        {
            await peer.SendAsync(FrameType.Hello, RawPeer.HelloOf(9));
            await peer.SendAsync(FrameType.Hello, RawPeer.HelloOf(9));
        },
        CloseReason.ProtocolViolation);

    [Test]
    public Task OwnNameIsRefused() =>
        AssertRefusedAsync(peer => peer.SendAsync(FrameType.Hello, RawPeer.HelloOf(1)), CloseReason.SelfConnection);

    [Test]
    public async Task ASlowHandshakeEndsAtItsDeadline()
    {
        ManualTimeProvider time = new();
        await using TestNetwork network = TestNetwork.InMemory(time);
        TestNode node = await network.AddAsync(1);
        await using RawPeer peer = await RawPeer.DialAsync(network, node);
        Assert.That((await peer.ReadAsync()).Type, Is.EqualTo(FrameType.Hello));
        await time.WaitForTimerAsync(node.Node.Options.HandshakeTimeout);
        time.Advance(node.Node.Options.HandshakeTimeout - TimeSpan.FromTicks(1));
        Assert.That(node.Observer.Events.Items, Is.Empty);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.That(await peer.ReadCloseAsync(), Is.EqualTo(CloseReason.HandshakeTimeout));
    }

    [Test]
    public async Task AStalledReadyEndsAtTheDeadlineAndFreesThePlace()
    {
        ManualTimeProvider time = new();
        await using TestNetwork network = TestNetwork.InMemory(time);
        TestNode node = await network.AddAsync(1, new NetworkOptions { MaxPeers = 1 });
        await using RawPeer stalled = await RawPeer.DialAsync(network, node);
        await stalled.SendAsync(FrameType.Hello, RawPeer.HelloOf(9));
        Assert.That((await stalled.ReadAsync()).Type, Is.EqualTo(FrameType.Hello));
        Assert.That((await stalled.ReadAsync()).Type, Is.EqualTo(FrameType.Ready));
        time.Advance(node.Node.Options.HandshakeTimeout);
        Assert.That(await stalled.ReadCloseAsync(), Is.EqualTo(CloseReason.HandshakeTimeout));
        await using RawPeer next = await RawPeer.JoinAsync(network, node, 8);
        Assert.That(node.Node.Peers.Single().Id, Is.EqualTo(TestNetwork.IdOf(8)));
    }

    [Test]
    public async Task AFullNodeRefuses()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode full = await network.AddAsync(1, new NetworkOptions { MaxPeers = 1 });
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

    [Test]
    public async Task ASecondSessionIsADuplicateFromEitherSide()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode a = await network.AddAsync(1);
        TestNode b = await network.AddAsync(2);
        await a.ConnectAsync(b);
        Assert.That((await a.Node.ConnectAsync(b.Listen).InTime()).Reason, Is.EqualTo(CloseReason.Duplicate));
        Assert.That((await b.Node.ConnectAsync(a.Listen).InTime()).Reason, Is.EqualTo(CloseReason.Duplicate));
        Assert.That((a.Connected.Items.Count, b.Connected.Items.Count, a.Disconnected.Items.Count), Is.EqualTo((1, 1, 0)));
    }

    [Test]
    public async Task SimultaneousDialsLeaveOneSessionOnBothSides()
    {
        for (int round = 0; round < 50; round++)
        {
            await using TestNetwork network = TestNetwork.InMemory();
            TestNode a = await network.AddAsync(1);
            TestNode b = await network.AddAsync(2);
            ConnectResult[] results = await Task.WhenAll(
                a.Node.ConnectAsync(b.Listen).AsTask(), b.Node.ConnectAsync(a.Listen).AsTask(),
                a.Node.ConnectAsync(b.Listen).AsTask(), b.Node.ConnectAsync(a.Listen).AsTask()).InTime();
            Assert.That(results.Count(result => result.IsConnected), Is.EqualTo(1));
            Assert.That(results.Count(result => result.Reason == CloseReason.Duplicate), Is.EqualTo(3));
            await b.Connected.WaitForCountAsync(1);
            await a.Connected.WaitForCountAsync(1);
            a.Collect("t");
            b.Collect("t");
            await a.Node.PublishAsync("t", new byte[] { 1 });
            await b.Node.PublishAsync("t", new byte[] { 2 });
            await Task.WhenAll(a.Received.WaitForCountAsync(1), b.Received.WaitForCountAsync(1));
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

            // A dial returns when the dialer has the session; only who has it can leave it.
            await Task.WhenAll(a.Connected.WaitForCountAsync(round + 1), b.Connected.WaitForCountAsync(round + 1));
            TestNode leaver = round % 3 == 0 ? a : b;
            await leaver.Node.DisconnectAsync(leaver == a ? b.Node.Id : a.Node.Id).InTime();
        }

        Assert.That(a.Connected.Items, Has.Count.EqualTo(20));
    }

    [Test]
    public async Task RandomHandshakesLeaveTheNodeAlive()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        Random random = new(99);
        byte[] hello = RawPeer.HelloOf(9);
        for (int round = 0; round < 300; round++)
        {
            await using RawPeer peer = await RawPeer.DialAsync(network, node);
            byte[] bytes = [.. BitConverter.GetBytes(random.Next()), (byte)random.Next(8), .. hello];
            if (round % 2 == 0)
            {
                new FrameHeader((FrameType)random.Next(1, 8), hello.Length).Write(bytes);
                bytes[random.Next(5, bytes.Length)] ^= (byte)random.Next(1, 256);
            }

            await peer.SendRawAsync(bytes);
            await peer.Connection.CloseWritingAsync();
            await peer.ReadCloseAsync();
        }

        await using RawPeer good = await RawPeer.JoinAsync(network, node, 77);
        Assert.That(node.Observer.Events.Items.Any(e => e.Kind == NetworkEventKind.InternalFailure), Is.False);
    }

    private static async Task AssertRefusedAsync(Func<RawPeer, Task> send, CloseReason expected)
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        await using RawPeer peer = await RawPeer.DialAsync(network, node);
        await send(peer);
        Assert.That(await peer.ReadCloseAsync(), Is.EqualTo(expected));
        Assert.That((await peer.ReadAsync()).Type, Is.EqualTo((FrameType)0), "the connection ends");
        await peer.Connection.CloseAsync();
        await node.Observer.WaitForAsync(NetworkEventKind.HandshakeFailed, expected.ToString());
    }
}
