using System.Security.Cryptography;
using System.Text;
using PoUW.Core.Validation;
using PoUW.Network.Framing;
using PoUW.Network.Messaging;
using PoUW.Network.Sessions;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Messaging;

internal sealed class GossipTests
{
    private const string Topic = "blocks";

    [TestCase(true, false)]
    [TestCase(false, false)]
    [TestCase(true, true)]
    public async Task EveryNodeGetsEveryMessageOnce(bool mesh, bool tcp)
    {
        const int Nodes = 9;
        const int Messages = 20;
        TestNode[] nodes;
        await using (TestNetwork network = tcp ? TestNetwork.Tcp() : TestNetwork.InMemory())
        {
            nodes = await network.AddManyAsync(Nodes);
            await (mesh ? TestNetwork.ConnectMeshAsync(nodes) : TestNetwork.ConnectLineAsync(nodes));
            Array.ForEach(nodes, static node => node.Collect(Topic));
            for (byte message = 0; message < Messages; message++)
            {
                await Task.WhenAll(nodes.Select((node, i) => node.Node.PublishAsync(Topic, new byte[] { (byte)i, message }).AsTask()));
            }

            await Task.WhenAll(nodes.Select(static node => node.Received.WaitForCountAsync((Nodes - 1) * Messages)));
        }

        for (int i = 0; i < Nodes; i++)
        {
            // All nodes have stopped: no copy can arrive any more.
            string[] got = [.. nodes[i].Received.Items.Select(static item => Convert.ToHexString(item.Bytes))];
            Assert.That(got, Has.Length.EqualTo((Nodes - 1) * Messages));
            Assert.That(got, Is.Unique);
            Assert.That(got.Any(text => text.StartsWith($"{i:X2}", StringComparison.Ordinal)), Is.False, "own messages do not come back");
        }
    }

    [Test]
    public async Task ARejectedMessageStopsAndBansItsSender()
    {
        ManualTimeProvider time = new();
        NetworkOptions options = new() { FaultsBeforeBan = 2, BanDuration = TimeSpan.FromMinutes(10) };
        await using TestNetwork network = TestNetwork.InMemory(time);
        TestNode[] line = await network.AddManyAsync(3, options);
        await TestNetwork.ConnectLineAsync(line);
        line[0].Collect(Topic);
        line[1].Collect(Topic, GossipVerdict.Reject);
        line[2].Collect(Topic);
        await line[0].Node.PublishAsync(Topic, new byte[] { 1 });
        await line[1].Observer.WaitForAsync(NetworkEventKind.GossipRejected);
        Assert.That(line[1].Node.Peers, Has.Count.EqualTo(2), "one fault is not enough");
        await line[0].Node.PublishAsync(Topic, new byte[] { 2 });
        await line[1].Observer.WaitForAsync(NetworkEventKind.PeerBanned);
        await line[0].Disconnected.WaitForAsync(end => end.Reason == CloseReason.Banned);
        await line[1].Disconnected.WaitForAsync(end => end == (line[0].Node.Id, CloseReason.Banned));

        Assert.That((await line[0].Node.ConnectAsync(line[1].Listen).InTime()).Reason, Is.EqualTo(CloseReason.Banned));
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.That((await line[0].Node.ConnectAsync(line[1].Listen).InTime()).Reason, Is.EqualTo(CloseReason.None));
        Assert.That(line[2].Received.Items, Is.Empty, "nothing was passed on");
    }

    [Test]
    public async Task AnIgnoredMessageStopsAndNobodyIsAtFault()
    {
        TestNode[] line;
        await using (TestNetwork network = TestNetwork.InMemory())
        {
            line = await network.AddManyAsync(3, new NetworkOptions { FaultsBeforeBan = 1 });
            await TestNetwork.ConnectLineAsync(line);
            line[1].Collect(Topic, GossipVerdict.Ignore);
            line[2].Collect(Topic);
            await line[0].Node.PublishAsync(Topic, new byte[] { 1 });
            await line[1].Received.WaitForCountAsync(1);
            await line[1].Node.PublishAsync(Topic, new byte[] { 2 });
            await line[2].Received.WaitForCountAsync(1);
            Assert.That(line[1].Node.Peers, Has.Count.EqualTo(2));
        }

        Assert.That(line[2].Received.Items.Single().Bytes, Is.EqualTo(new byte[] { 2 }));
    }

    [Test]
    public async Task AFailingHandlerIsReportedAndNobodyIsAtFault()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] pair = await network.AddManyAsync(2, new NetworkOptions { FaultsBeforeBan = 1 });
        await TestNetwork.ConnectLineAsync(pair);
        pair[1].Node.Subscribe(Topic, static (_, _) => throw new InvalidOperationException("host"));
        await pair[0].Node.PublishAsync(Topic, new byte[] { 1 });
        await pair[1].Observer.WaitForAsync(NetworkEventKind.HandlerFailed);
        Assert.That(pair[1].Node.Peers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task TheSenderMayReuseItsBuffer()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] pair = await network.AddManyAsync(2);
        await TestNetwork.ConnectLineAsync(pair);
        pair[1].Collect(Topic);
        byte[] buffer = [1, 2, 3];
        await pair[0].Node.PublishAsync(Topic, buffer);
        Array.Fill(buffer, (byte)9);
        await pair[1].Received.WaitForCountAsync(1);
        Assert.That(pair[1].Received.Items[0].Bytes, Is.EqualTo(new byte[] { 1, 2, 3 }));
    }

    [Test]
    public async Task AMessageMayComeAgainOnceItIsForgotten()
    {
        ManualTimeProvider time = new();
        await using TestNetwork network = TestNetwork.InMemory(time);
        TestNode[] pair = await network.AddManyAsync(2);
        await TestNetwork.ConnectLineAsync(pair);
        pair[1].Collect(Topic);
        Assert.That(await pair[0].Node.PublishAsync(Topic, new byte[] { 1 }), Is.EqualTo(1));
        await pair[1].Received.WaitForCountAsync(1);
        Assert.That(await pair[0].Node.PublishAsync(Topic, new byte[] { 1 }), Is.Zero, "seen");
        time.Advance(pair[0].Node.Options.SeenDuration + TimeSpan.FromTicks(1));
        Assert.That(await pair[0].Node.PublishAsync(Topic, new byte[] { 1 }), Is.EqualTo(1));
        await pair[1].Received.WaitForCountAsync(2);
    }

    [Test]
    public async Task TheSeenCacheForgetsTheOldest()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] pair = await network.AddManyAsync(2, new NetworkOptions { SeenMessages = 2 });
        await TestNetwork.ConnectLineAsync(pair);
        Assert.That(await PublishAsync(pair[0], 1), Is.EqualTo(1));
        Assert.That(await PublishAsync(pair[0], 2), Is.EqualTo(1));
        Assert.That(await PublishAsync(pair[0], 1), Is.Zero);
        Assert.That(await PublishAsync(pair[0], 3), Is.EqualTo(1));
        Assert.That(await PublishAsync(pair[0], 1), Is.EqualTo(1), "forgotten");
        Assert.That(await PublishAsync(pair[0], 3), Is.Zero);
    }

    [Test]
    public async Task AWrongMessageIdCountsAgainstThePeer()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1, new NetworkOptions { FaultsBeforeBan = 1 });
        node.Collect(Topic);
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        await peer.SendAsync(FrameType.Gossip, Gossip(Topic, [1, 2, 3], new byte[32]));
        Assert.That(await peer.ReadCloseAsync(), Is.EqualTo(CloseReason.Banned));
        Assert.That(node.Received.Items, Is.Empty);
    }

    [Test]
    public async Task TheMessageIdIsTheHashOfTopicAndPayload()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        node.Collect(Topic);
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        byte[] id = SHA256.HashData([(byte)Topic.Length, .. Encoding.ASCII.GetBytes(Topic), 1, 2, 3]);
        await peer.SendAsync(FrameType.Gossip, Gossip(Topic, [1, 2, 3], id));
        await node.Received.WaitForCountAsync(1);
        Assert.That(node.Received.Items[0].Bytes, Is.EqualTo(new byte[] { 1, 2, 3 }));
        await node.Node.PublishAsync(Topic, new byte[] { 4 });
        byte[] next = SHA256.HashData([(byte)Topic.Length, .. Encoding.ASCII.GetBytes(Topic), 4]);
        Assert.That((await peer.ReadAsync()).Body, Is.EqualTo(Gossip(Topic, [4], next)), "and its own message does not come back");
    }

    [Test]
    public async Task TooLongGossipEndsTheSession()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1, new NetworkOptions { MaxGossipBytes = 100 });
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        await peer.SendAsync(FrameType.Gossip, Gossip(Topic, new byte[101], new byte[32]));
        Assert.That(await peer.ReadCloseAsync(), Is.EqualTo(CloseReason.TooLarge));
        Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await node.Node.PublishAsync(Topic, new byte[101]));
    }

    [TestCase(new byte[] { })]
    [TestCase(new byte[] { 0, 1, 2 })]
    [TestCase(new byte[] { 3, 65, 66 })]
    [TestCase(new byte[] { 1, 10 })]
    [TestCase(new byte[] { 1, 65, 1, 2, 3 })]
    [TestCase(new byte[] { 65, 65 })]
    public async Task MalformedGossipEndsTheSession(byte[] body)
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        await peer.SendAsync(FrameType.Gossip, body);
        Assert.That(await peer.ReadCloseAsync(), Is.EqualTo(CloseReason.Malformed));
    }

    [Test]
    public async Task GossipToASlowPeerIsDroppedAndCounted()
    {
        await using TestNetwork network = TestNetwork.InMemory(pipeBytes: 4096);
        NetworkOptions options = new() { UrgentQueueBytes = 10_000 };
        TestNode node = await network.AddAsync(1, options);
        await using RawPeer slow = await RawPeer.JoinAsync(network, node, 9);
        TestNode fast = await network.AddAsync(2);
        await fast.ConnectAsync(node);
        fast.Collect(Topic);
        for (byte i = 0; i < 200; i++)
        {
            await node.Node.PublishAsync(Topic, Enumerable.Repeat(i, 1000).ToArray());
            await fast.Received.WaitForCountAsync(i + 1);
        }

        // The scratch buffer, the pipe and the queue hold the rest.
        Assert.That(node.Node.Statistics.GossipDroppedOutbound, Is.InRange(50, 195));
        Assert.That(node.Node.Peers, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task ShortFramesGoBeforeLongOnes()
    {
        await using TestNetwork network = TestNetwork.InMemory(pipeBytes: 4096);
        TestNode node = await network.AddAsync(1, new NetworkOptions { UrgentFrameBytes = 1000 });
        await using RawPeer peer = await RawPeer.JoinAsync(network, node, 9);
        byte[][] large = [.. Enumerable.Range(0, 4).Select(static i => Enumerable.Repeat((byte)i, 200_000).ToArray())];
        foreach (byte[] message in large)
        {
            await node.Node.PublishAsync(Topic, message);
        }

        await node.Node.PublishAsync(Topic, new byte[] { 77 });
        List<int> sizes = [];
        for (int i = 0; i < 5; i++)
        {
            sizes.Add((await peer.ReadAsync()).Body.Length);
        }

        Assert.That(sizes.IndexOf(sizes.Min()), Is.LessThan(2), "at most the long frame under way goes first");
    }

    [Test]
    public async Task AHandlerThatFallsBehindLosesMessagesNotMemory()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1, new NetworkOptions { GossipInboxMessages = 5 });
        TestNode sender = await network.AddAsync(2);
        await sender.ConnectAsync(node);
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        node.Node.Subscribe(Topic, async (peer, bytes) =>
        {
            await open.Task;
            node.Received.Add((peer, bytes.ToArray()));
            return GossipVerdict.Accept;
        });
        node.Node.Serve("barrier", static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(new byte[1]));
        for (byte i = 0; i < 50; i++)
        {
            await sender.Node.PublishAsync(Topic, new byte[] { i });
        }

        Assert.That((await sender.Node.RequestAsync(node.Node.Id, "barrier", default, Deadline.Limit).InTime()).IsOk, Is.True);
        Assert.That(node.Node.Statistics.GossipDroppedInbound, Is.InRange(44, 45), "one at the handler, five waiting");
        open.SetResult();
        await node.Received.WaitForCountAsync(5);
    }

    [Test]
    public async Task OneHandlerATopic()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode node = await network.AddAsync(1);
        node.Collect(Topic);
        Assert.That(() => node.Collect(Topic), Throws.InvalidOperationException);
        Assert.That(() => node.Collect(new string('x', 65)), Throws.ArgumentException);
        Assert.That(() => node.Collect("a b"), Throws.ArgumentException);
    }

    private static ValueTask<int> PublishAsync(TestNode node, byte value) => node.Node.PublishAsync(Topic, new[] { value });

    private static byte[] Gossip(string topic, byte[] payload, byte[] id) =>
        [(byte)topic.Length, .. Encoding.ASCII.GetBytes(topic), .. id, .. payload];
}
