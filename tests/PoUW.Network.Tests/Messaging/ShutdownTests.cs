using PoUW.Core.Validation;
using PoUW.Network.Chunks;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Requests;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Messaging;

internal sealed class ShutdownTests
{
    [TestCase(false)]
    [TestCase(true)]
    public async Task StoppingLeavesNoTask(bool tcp)
    {
        await using TestNetwork network = tcp ? TestNetwork.Tcp() : TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(4);
        await TestNetwork.ConnectMeshAsync(nodes);
        TaskCompletionSource served = new(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (TestNode node in nodes)
        {
            node.Collect("t");
            node.Node.Serve("wait", async (_, _, cancellation) =>
            {
                served.TrySetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
                return null;
            });
        }

        IConnection silent = await network.Transport.DialAsync(nodes[0].Listen, default);
        Task<RequestResult> waiting = nodes[1].Node.RequestAsync(nodes[0].Node.Id, "wait", default, Deadline.Limit).AsTask();
        await served.Task.InTime();
        for (int i = 0; i < 50; i++)
        {
            await nodes[i % 4].Node.PublishAsync("t", BitConverter.GetBytes(i));
        }

        await nodes[0].DisposeAsync().InTime();
        Assert.That(nodes[0].Spawner.Tasks.All(static task => task.IsCompletedSuccessfully), Is.True);
        Assert.That(nodes[0].Node.Peers, Is.Empty);
        Assert.That((await waiting.InTime()).Status, Is.EqualTo(RequestStatus.Disconnected));
        await Task.WhenAll(nodes.Skip(1).Select(node => node.Disconnected.WaitForAsync(end => end.Peer == nodes[0].Node.Id)));
        foreach (TestNode node in nodes)
        {
            await node.DisposeAsync().InTime();
            Assert.That(node.Spawner.Tasks, Is.Not.Empty);
            Assert.That(node.Spawner.Tasks.All(static task => task.IsCompletedSuccessfully), Is.True);
            Assert.That(node.Observer.Events.Items.Any(e => e.Kind == NetworkEventKind.InternalFailure), Is.False);
        }

        await silent.CloseAsync();
    }

    [Test]
    public async Task PeersAreTold()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(2);
        await TestNetwork.ConnectLineAsync(nodes);
        await nodes[0].DisposeAsync().InTime();
        await nodes[1].Disconnected.WaitForAsync(end => end == (nodes[0].Node.Id, CloseReason.ShuttingDown));
    }

    [Test]
    public async Task AStoppedNodeTakesNoMoreWork()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(2);
        await nodes[0].DisposeAsync().InTime();
        await nodes[0].DisposeAsync().InTime();
        Assert.That(async () => await nodes[0].Node.ConnectAsync(nodes[1].Listen), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(async () => await nodes[0].Node.ListenAsync(Multiaddr.Memory("again")), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That((await nodes[1].Node.ConnectAsync(nodes[0].Listen).InTime()).Reason, Is.EqualTo(CloseReason.Unreachable));
        Assert.That(await nodes[0].Node.PublishAsync("t", new byte[1]), Is.Zero);
    }

    [Test]
    public void BadOptionsAreNamed()
    {
        Assert.That(new NetworkOptions().Validate().IsValid, Is.True);
        Assert.That(new NetworkOptions { Host = new HostOptions { MaxPeers = 0 } }.Validate().Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(new NetworkOptions { Host = new HostOptions { Agent = "\n" } }.Validate().Field, Is.EqualTo("Agent"));
        Assert.That(new NetworkOptions { Host = new HostOptions { HandshakeTimeout = TimeSpan.Zero } }.Validate().IsValid, Is.False);
        Assert.That(new NetworkOptions { MaxGossipBytes = int.MaxValue }.Validate().IsValid, Is.False);
        Assert.That(new NetworkOptions { Requests = new RequestOptions { MaxRequestBytes = 0 } }.Validate().IsValid, Is.False);
        Assert.That(new NetworkOptions { Chunks = new ChunkOptions { MaxChunkBytes = 5_000_000 } }.Validate().Field, Is.EqualTo("MaxChunkBytes"));
    }
}
