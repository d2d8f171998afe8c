using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
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
            nodes = await network.AddManyAsync(Nodes, Fast());
            await (mesh ? TestNetwork.ConnectMeshAsync(nodes) : TestNetwork.ConnectLineAsync(nodes));
            Array.ForEach(nodes, static node => node.Collect(Topic));
            await WaitForMeshesAsync(nodes);
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
        TestNode[] line;
        await using (TestNetwork network = TestNetwork.InMemory())
        {
            line = await network.AddManyAsync(3, Fast(2));
            await TestNetwork.ConnectLineAsync(line);
            line[0].Collect(Topic);
            line[1].Collect(Topic, GossipVerdict.Reject);
            line[2].Collect(Topic);
            await WaitForNeighboursAsync(line);
            await line[0].Node.PublishAsync(Topic, new byte[] { 1 });
            await line[1].Observer.WaitForAsync(NetworkEventKind.PeerFault);
            Assert.That(line[1].Node.Peers, Has.Count.EqualTo(2), "one fault is not enough");
            await line[0].Node.PublishAsync(Topic, new byte[] { 2 });
            await line[1].Observer.WaitForAsync(NetworkEventKind.PeerBanned);
            await line[0].Disconnected.WaitForAsync(end => end.Reason == CloseReason.Banned);
            await line[1].Disconnected.WaitForAsync(end => end == (line[0].Node.Id, CloseReason.Banned));
        }

        Assert.That(line[2].Received.Items, Is.Empty, "nothing was passed on");
    }

    [Test]
    public async Task ABanEndsByTheClock()
    {
        ManualTimeProvider time = new();
        await using TestNetwork network = TestNetwork.InMemory(time);
        TestNode[] pair = await network.AddManyAsync(2, new NetworkOptions { Host = new HostOptions { FaultsBeforeBan = 2, BanDuration = TimeSpan.FromMinutes(10) } });
        await TestNetwork.ConnectLineAsync(pair);
        pair[0].Node.Punish(pair[1].Node.Id, "first");
        Assert.That(pair[0].Node.Peers, Has.Count.EqualTo(1));
        pair[0].Node.Punish(pair[1].Node.Id, "second");
        await pair[1].Disconnected.WaitForAsync(end => end.Reason == CloseReason.Banned);
        pair[0].Node.Punish(pair[1].Node.Id, "what it had sent before");
        pair[0].Node.Punish(pair[1].Node.Id, "and more");
        Assert.That(pair[0].Observer.Events.Items.Count(static seen => seen.Kind == NetworkEventKind.PeerBanned), Is.EqualTo(1), "a banned peer is not banned again");
        Assert.That((await pair[1].Node.ConnectAsync(pair[0].Listen).InTime()).Reason, Is.EqualTo(CloseReason.Banned));
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.That((await pair[1].Node.ConnectAsync(pair[0].Listen).InTime()).Reason, Is.EqualTo(CloseReason.None));
    }

    [Test]
    public async Task TheApplicationsOpinionIsPartOfTheScore()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] pair = await network.AddManyAsync(2, Fast());
        pair[0].Node.ApplicationScore = peer => peer == pair[1].Node.Id ? 42 : 0;
        await TestNetwork.ConnectLineAsync(pair);
        await pair[0].Node.Gossip.WaitForAsync(static now => now.Peers.SingleOrDefault()?.Score.Application == 42).InTime();
    }

    [Test]
    public async Task AnIgnoredMessageStopsAndNobodyIsAtFault()
    {
        TestNode[] line;
        await using (TestNetwork network = TestNetwork.InMemory())
        {
            line = await network.AddManyAsync(3, Fast(1));
            await TestNetwork.ConnectLineAsync(line);
            line[1].Collect(Topic, GossipVerdict.Ignore);
            line[2].Collect(Topic);
            await WaitForNeighboursAsync(line[0]);
            await line[0].Node.PublishAsync(Topic, new byte[] { 1 });
            await line[1].Received.WaitForCountAsync(1);
            await WaitForNeighboursAsync(line[2]);
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
        TestNode[] pair = await network.AddManyAsync(2, Fast(1));
        await TestNetwork.ConnectLineAsync(pair);
        pair[1].Node.Subscribe(Topic, static (_, _) => throw new InvalidOperationException("host"));
        await WaitForNeighboursAsync(pair[0]);
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
        await WaitForNeighboursAsync(pair[0]);
        byte[] buffer = [1, 2, 3];
        await pair[0].Node.PublishAsync(Topic, buffer);
        Array.Fill(buffer, (byte)9);
        await pair[1].Received.WaitForCountAsync(1);
        Assert.That(pair[1].Received.Items[0].Bytes, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(async () => await pair[0].Node.PublishAsync(Topic, new byte[pair[0].Node.Options.MaxGossipBytes + 1]), Throws.InstanceOf<ArgumentOutOfRangeException>());
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

    /// <summary>Peers tell what they subscribe to once they are connected, and then make a mesh: here every peer of a line subscribes.</summary>
    private static Task WaitForNeighboursAsync(params TestNode[] nodes) => Task.WhenAll(nodes.Select(static node =>
    {
        int neighbours = node.Node.Peers.Count;
        return node.Node.Gossip.WaitForAsync(now => now.Peers.Count(static peer => peer.Topics.Contains(Topic)) == neighbours).InTime();
    }));

    private static Task WaitForMeshesAsync(params TestNode[] nodes) => Task.WhenAll(nodes.Select(static node =>
    {
        int wanted = Math.Min(node.Node.Peers.Count, 4);
        return node.Node.Gossip.WaitForAsync(now => now.Topics.Single(static topic => topic.Topic == Topic).Mesh.Count >= wanted).InTime();
    }));

    private static NetworkOptions Fast(int faultsBeforeBan = 3) => new()
    {
        Gossip = new GossipOptions { Heartbeat = TimeSpan.FromMilliseconds(100) },
        Host = new HostOptions { FaultsBeforeBan = faultsBeforeBan },
    };
}
