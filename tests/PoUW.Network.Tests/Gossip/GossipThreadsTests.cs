using System.Text;
using PoUW.Core.Randomness;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Multiaddresses;
using PoUW.Network.Muxing;
using PoUW.Network.Security;
using PoUW.Network.Tests.Hosting;
using PoUW.Network.Tests.Support;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Gossip;

/// <summary>Gossip on the thread pool with the real clock: races that one thread cannot show.</summary>
[TestFixture]
internal sealed class GossipThreadsTests
{
    private const string Topic = "t";
    private const int Nodes = 5;
    private const int Publishers = 4;
    private const int MessagesEach = 50;

    [Test]
    public async Task ManyPublishersOnManyThreadsReachEverybodyOnce()
    {
        InMemoryTransport transport = new(new InMemoryNetwork());
        List<(Host Host, GossipSub Gossip, Collector<string> Got)> nodes = [];
        for (int i = 0; i < Nodes; i++)
        {
            nodes.Add(await StartAsync(transport, i));
        }

        for (int i = 0; i < Nodes; i++)
        {
            for (int k = 0; k < i; k++)
            {
                Assert.That((await nodes[i].Host.DialAsync(AddressOf(k))).IsConnected, Is.True);
            }
        }

        Task[] work = [.. Enumerable.Range(0, Publishers).Select(publisher => Task.Run(() => Publish(nodes[publisher].Gossip, publisher)))];
        Task churn = Task.Run(() => Churn(nodes[^1].Gossip));
        await Task.WhenAll([.. work, churn]).InTime();
        foreach ((int i, (Host _, GossipSub _, Collector<string> got)) in nodes.Index())
        {
            int expected = (Publishers - (i < Publishers ? 1 : 0)) * MessagesEach;
            await got.WaitForCountAsync(expected);
            Assert.That(got.Items.Distinct().Count(), Is.EqualTo(got.Items.Count), "once each");
            Assert.That(got.Items, Has.Count.EqualTo(expected));
        }

        foreach ((Host host, GossipSub gossip, Collector<string> _) in nodes)
        {
            await gossip.DisposeAsync().InTime();
            await host.DisposeAsync().InTime();
        }
    }

    private static void Publish(GossipSub gossip, int publisher)
    {
        for (int i = 0; i < MessagesEach; i++)
        {
            gossip.Publish(Topic, Encoding.ASCII.GetBytes($"{publisher}/{i}".PadRight(i % 10 == 0 ? 5000 : 100)));
            gossip.Snapshot();
        }
    }

    /// <summary>Subscribes and unsubscribes another topic meanwhile.</summary>
    private static void Churn(GossipSub gossip)
    {
        for (int i = 0; i < 200; i++)
        {
            gossip.Subscribe("other", new GossipTopicOptions(), static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
            gossip.Publish("other", BitConverter.GetBytes(i));
            gossip.Unsubscribe("other");
        }
    }

    private static Multiaddr AddressOf(int number) => Multiaddr.Memory($"threads-{number}");

    private static async Task<(Host Host, GossipSub Gossip, Collector<string> Got)> StartAsync(InMemoryTransport transport, int number)
    {
        ThreadPoolSpawner spawner = new();
        CryptographicRandomSource random = new();
        Host host = new(new HostSetup
        {
            Identity = HostWorld.KeyOf(number),
            Transports = [new HostTransport(transport, [new PlaintextSecurity(HostWorld.KeyOf(number).PublicKey)])],
            Muxers = [new YamuxMuxerFactory(new YamuxOptions(), TimeProvider.System, spawner)],
            Time = TimeProvider.System,
            Spawner = spawner,
            Random = random,
        });
        GossipOptions options = new() { Heartbeat = TimeSpan.FromMilliseconds(50), FirstHeartbeat = TimeSpan.FromMilliseconds(10), SeenDuration = TimeSpan.FromMinutes(5) };
        GossipSub gossip = new(host, options, TimeProvider.System, random, spawner);
        gossip.Start();
        Collector<string> got = new();
        gossip.Subscribe(Topic, new GossipTopicOptions(), async (_, data) =>
        {
            await Task.Yield();
            got.Add(Encoding.ASCII.GetString(data.Span).TrimEnd());
            return GossipVerdict.Accept;
        });
        await host.ListenAsync(AddressOf(number));
        return (host, gossip, got);
    }
}
