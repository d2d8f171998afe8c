using System.Text;
using System.Text.Json.Nodes;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Interop;

/// <summary>One mesh of eight js nodes and four of this package.</summary>
internal sealed class GossipInteropTests : InteropFixture
{
    private const int JsPeers = 8;
    private const int OwnNodes = 4;
    private const int MessagesEach = 10;
    private const string Topic = "pouw/interop";

    [TestCase(GossipSignaturePolicy.StrictSign)]
    [TestCase(GossipSignaturePolicy.StrictNoSign)]
    public async Task EveryMessageReachesEveryNodeOnce(GossipSignaturePolicy policy)
    {
        JsPeerOptions options = new() { Policy = policy.ToString(), MessageId = "topic-data" };
        JsPeer[] peers = await Task.WhenAll(Enumerable.Range(0, JsPeers).Select(_ => StartPeerAsync(options)));
        OwnNode[] nodes = await Task.WhenAll(Enumerable.Range(0, OwnNodes).Select(_ => StartNodeAsync()));
        foreach (OwnNode node in nodes)
        {
            node.Join(Topic, policy);
        }

        await Task.WhenAll(peers.Select(static peer => peer.CallAsync("subscribe", ("topic", Topic))));
        await ConnectAllAsync(peers, nodes);
        await Task.WhenAll(peers.Select(static peer => peer.CallAsync("mesh", ("topic", Topic), ("count", 2))));
        await WaitForMeshesAsync(nodes);

        string[] all = await PublishAsync(peers, nodes);
        foreach (JsPeer peer in peers)
        {
            string[] expected = [.. all.Where(text => !text.StartsWith($"js{Array.IndexOf(peers, peer)} ", StringComparison.Ordinal))];
            JsonObject received = await peer.CallAsync("received", ("topic", Topic), ("count", expected.Length));
            Assert.That(received["texts"]!.AsArray().Select(static text => text!.GetValue<string>()), Is.EquivalentTo(expected));
            Assert.That(received["duplicates"]!.AsArray(), Is.Empty);
        }

        foreach (OwnNode node in nodes)
        {
            string[] expected = [.. all.Where(text => !text.StartsWith($"own{Array.IndexOf(nodes, node)} ", StringComparison.Ordinal))];
            await node.Received.WaitForCountAsync(expected.Length);
            Assert.That(node.Received.Items, Is.EquivalentTo(expected));
        }
    }

    /// <summary>A chain through all in random order, so that the graph is connected, and random chords.</summary>
    private static async Task ConnectAllAsync(JsPeer[] peers, OwnNode[] nodes)
    {
        Random random = new(20);
        int[] order = [.. Enumerable.Range(0, JsPeers + OwnNodes)];
        random.Shuffle(order);
        SortedSet<(int From, int To)> links = [.. Enumerable.Range(1, order.Length - 1).Select(i => (order[i - 1], order[i]))];
        while (links.Count < order.Length * 2)
        {
            (int from, int to) = (random.Next(order.Length), random.Next(order.Length));
            if (from != to && !links.Contains((to, from)))
            {
                links.Add((from, to));
            }
        }

        foreach ((int from, int to) in links)
        {
            string address = (to < JsPeers ? peers[to].Address : nodes[to - JsPeers].Address).ToString();
            if (from < JsPeers)
            {
                await peers[from].CallAsync("dial", ("address", address));
            }
            else
            {
                ConnectResult result = await nodes[from - JsPeers].Host.DialAsync(Multiaddresses.Multiaddr.Parse(address)).InTime();
                Assert.That(result.Reason, Is.EqualTo(CloseReason.None));
            }
        }
    }

    private static async Task WaitForMeshesAsync(OwnNode[] nodes)
    {
        foreach (OwnNode node in nodes)
        {
            await node.Gossip!.WaitForAsync(static now => now.Topics.Single().Mesh.Count >= 2).InTime();
        }
    }

    private static async Task<string[]> PublishAsync(JsPeer[] peers, OwnNode[] nodes)
    {
        List<string> all = [];
        for (int i = 0; i < peers.Length; i++)
        {
            string[] texts = [.. Enumerable.Range(0, MessagesEach).Select(message => $"js{i} {message}")];
            all.AddRange(texts);
            JsonArray array = [.. texts.Select(static text => JsonValue.Create(text))];

            // Half of them are long enough for IDONTWANT.
            await peers[i].CallAsync("publish", ("topic", Topic), ("texts", array), ("padding", i % 2 * 2000));
        }

        for (int i = 0; i < nodes.Length; i++)
        {
            for (int message = 0; message < MessagesEach; message++)
            {
                string text = $"own{i} {message}";
                all.Add(text);
                Assert.That(nodes[i].Gossip!.Publish(Topic, Encoding.UTF8.GetBytes(text.PadRight(i % 2 * 2000))), Is.Positive);
            }
        }

        return [.. all];
    }
}
