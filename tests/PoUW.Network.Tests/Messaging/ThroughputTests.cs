using System.Diagnostics;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Chunks;
using PoUW.Network.Requests;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Messaging;

/// <summary>Moves 1.6 MB messages among nine nodes and reports the rate; only arrival is asserted.</summary>
internal sealed class ThroughputTests
{
    private const int Nodes = 9;
    private const int Bytes = 1_600_000;

    [TestCase(false)]
    [TestCase(true)]
    public async Task Requests(bool tcp)
    {
        const int Rounds = 4;
        await using TestNetwork network = tcp ? TestNetwork.Tcp() : TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(Nodes);
        await TestNetwork.ConnectMeshAsync(nodes);
        byte[] blob = RandomBytes(0);
        Array.ForEach(nodes, node => node.Node.Serve("blob", (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(blob)));
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        long moved = 0;
        await Task.WhenAll(nodes.Select(async node =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                foreach (TestNode other in nodes.Where(other => other != node))
                {
                    RequestResult answer = await node.Node.RequestAsync(other.Node.Id, "blob", default, Deadline.Limit);
                    Interlocked.Add(ref moved, answer.Response.Length);
                }
            }
        })).InTime();
        Report(tcp ? "requests, TCP" : "requests", moved, watch, cpu);
        Assert.That(moved, Is.EqualTo((long)Nodes * (Nodes - 1) * Rounds * Bytes));
    }

    [Test]
    public async Task Chunks()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(Nodes);
        await TestNetwork.ConnectMeshAsync(nodes);
        ChunkExchange[] exchanges = [.. nodes.Select(static node => new ChunkExchange(node.Node, new TestChunkStore()))];
        Hash256[] hashes = [.. Enumerable.Range(0, Nodes).Select(i => exchanges[i % Nodes].Put(RandomBytes(i)))];
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        FetchResult[] results = await Task.WhenAll(
            exchanges.SelectMany(exchange => hashes.Select(hash => exchange.FetchAsync(hash).AsTask()))).InTime();
        Report("verified chunks", (long)Nodes * (Nodes - 1) * Bytes, watch, cpu);
        Assert.That(results.All(static result => result.IsOk), Is.True);
    }

    [Test]
    public async Task Gossip()
    {
        const int Messages = 9;
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(Nodes);
        await TestNetwork.ConnectMeshAsync(nodes);
        Array.ForEach(nodes, static node => node.Node.Subscribe("t", (peer, _) =>
        {
            node.Received.Add((peer, []));
            return ValueTask.FromResult(GossipVerdict.Accept);
        }));
        await Task.WhenAll(nodes.Select(static node =>
            node.Node.Gossip.WaitForAsync(static now => now.Peers.Count(static peer => peer.Topics.Contains("t")) == Nodes - 1).InTime()));
        byte[][] messages = [.. Enumerable.Range(0, Messages).Select(RandomBytes)];
        Stopwatch watch = Stopwatch.StartNew();
        TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
        await Task.WhenAll(messages.Select((message, i) => nodes[i % Nodes].Node.PublishAsync("t", message).AsTask()));
        await Task.WhenAll(nodes.Select(static node => node.Received.WaitForCountAsync(Messages - 1)));
        Report("gossip, delivered", (long)(Nodes - 1) * Messages * Bytes, watch, cpu);
        long sent = nodes.Sum(static node => node.Node.Statistics.BytesReceived);
        Report("gossip, on the wire", sent, watch, cpu);
        Assert.That(nodes.Sum(static node => node.Node.Statistics.GossipDelivered), Is.EqualTo((Nodes - 1) * Messages));
    }

    private static byte[] RandomBytes(int seed)
    {
        byte[] bytes = new byte[Bytes];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void Report(string name, long bytes, Stopwatch watch, TimeSpan cpuBefore)
    {
        double wall = bytes / 1e6 / watch.Elapsed.TotalSeconds;
        double cpu = bytes / 1e6 / (Process.GetCurrentProcess().TotalProcessorTime - cpuBefore).TotalSeconds;
        TestContext.Progress.WriteLine($"{name}: {bytes / 1e6:F0} MB, {wall:F0} MB/s wall, {cpu:F0} MB per CPU second");
    }
}
