using System.Text;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Chunks;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports.Modelled;

namespace PoUW.Network.Tests.Messaging;

/// <summary>The whole node runs on one thread under a simulator's queue, and then the order of everything is reproducible.</summary>
internal sealed class DeterminismTests
{
    [TestCase(1)]
    [TestCase(2)]
    public void OneSeedGivesTheSameBytesEveryTime(int seed)
    {
        (string Trace, string Hash) first = RunOnce(seed);
        Assert.That(first.Trace, Has.Length.GreaterThan(1000));
        Assert.That(RunOnce(seed), Is.EqualTo(first));
    }

    private static (string Trace, string Hash) RunOnce(int seed)
    {
        SimulationWorld world = new(seed);
        StringBuilder trace = new();
        world.Run(() => ScenarioAsync(world, trace));
        return (trace.ToString(), world.Trace.Hash);
    }

    private static async Task ScenarioAsync(SimulationWorld world, StringBuilder trace)
    {
        const int Nodes = 5;
        NetworkModel model = new(new NetworkModelOptions { Link = new LinkProperties { Latency = TimeSpan.FromMilliseconds(10) } }, world.Time, world.Random);
        NetworkOptions options = new() { Security = NetworkSecurity.PlaintextForSimulation };
        NetworkNode[] nodes = [.. Enumerable.Range(0, Nodes).Select(i => new NetworkNode(
            world.Trace.Watch(model.AddHost($"h{i}")), TestNetwork.Genesis, options, world.Time, world, world.Random, new OpenPeerAuthorizer(),
            new NullNetworkObserver(), TestKeys.Of(i)))];
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
        await Task.Delay(TimeSpan.FromSeconds(5), world.Time);
        Hash256 address = await blobs[0].PutAsync(new byte[3_000_000], 100_000);
        FetchResult[] fetched = await Task.WhenAll(blobs.Select(blob => blob.FetchAsync(address).AsTask()));
        trace.AppendLine(string.Join(' ', fetched.Select(static result => $"{result.Status} {result.Bytes.Length}")));
        await Task.WhenAll(nodes.Select(static node => node.DisposeAsync().AsTask()));
        trace.AppendLine(string.Join(' ', nodes.Select(static node => node.Statistics)));
    }
}
