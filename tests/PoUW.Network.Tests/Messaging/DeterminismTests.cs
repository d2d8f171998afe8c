using System.Text;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Chunks;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Sessions;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Messaging;

/// <summary>The whole node runs on one thread under a simulator's queue, and then the order of everything is reproducible.</summary>
internal sealed class DeterminismTests
{
    [Test]
    public void OneThreadGivesTheSameTraceEveryTime()
    {
        string first = RunOnce();
        Assert.That(first.Length, Is.GreaterThan(1000));
        Assert.That(RunOnce(), Is.EqualTo(first));
    }

    private static string RunOnce()
    {
        SimulationWorld world = new();
        StringBuilder trace = new();
        world.Run(() => ScenarioAsync(world, trace));
        return trace.ToString();
    }

    private static async Task ScenarioAsync(SimulationWorld world, StringBuilder trace)
    {
        const int Nodes = 5;
        InMemoryTransport transport = new(new InMemoryNetwork());
        SeededRandomSource random = new(1, "nodes");
        NetworkNode[] nodes = [.. Enumerable.Range(0, Nodes).Select(_ => new NetworkNode(
            transport, TestNetwork.Genesis, new NetworkOptions(), world.Time, world, random, new OpenPeerAuthorizer(), new NullNetworkObserver()))];
        TestChunkStore[] stores = [.. nodes.Select(static _ => new TestChunkStore())];
        BlobTransfer[] blobs = [.. nodes.Select((node, i) => new BlobTransfer(new ChunkExchange(node, stores[i])))];
        for (int i = 0; i < Nodes; i++)
        {
            NetworkNode node = nodes[i];
            node.PeerConnected += peer => trace.AppendLine($"{node.Id} + {peer.Id}");
            node.PeerDisconnected += (peer, reason) => trace.AppendLine($"{node.Id} - {peer.Id} {reason}");
            node.Subscribe("t", (peer, bytes) =>
            {
                trace.AppendLine($"{node.Id} < {peer} {Convert.ToHexString(bytes.Span[..1])} {bytes.Length}");
                return ValueTask.FromResult(GossipVerdict.Accept);
            });
            await node.ListenAsync(Multiaddr.Memory($"n{i}"));
        }

        await Task.WhenAll(
            from i in Enumerable.Range(0, Nodes)
            from j in Enumerable.Range(0, Nodes)
            where i != j
            select nodes[i].ConnectAsync(Multiaddr.Memory($"n{j}")).AsTask());
        await Task.WhenAll(nodes.Select((node, i) => node.PublishAsync("t", new byte[1 + (i * 200_000)]).AsTask()));
        Hash256 address = await blobs[0].PutAsync(new byte[3_000_000], 100_000);
        FetchResult[] fetched = await Task.WhenAll(blobs.Select(blob => blob.FetchAsync(address).AsTask()));
        trace.AppendLine(string.Join(' ', fetched.Select(static result => $"{result.Status} {result.Bytes.Length}")));
        await Task.WhenAll(nodes.Select(static node => node.DisposeAsync().AsTask()));
        trace.AppendLine(string.Join(' ', nodes.Select(static node => node.Statistics)));
    }
}
