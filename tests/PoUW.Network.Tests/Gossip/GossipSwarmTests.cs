using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Tests.Gossip.Support;

namespace PoUW.Network.Tests.Gossip;

/// <summary>Many routers at once: what the protocol promises as a whole.</summary>
[TestFixture]
internal sealed class GossipSwarmTests
{
    [TestCase(20, 1UL)]
    [TestCase(20, 2UL)]
    [TestCase(50, 3UL)]
    [TestCase(100, 4UL)]
    public void EveryMessageReachesEveryApplicationOnce(int count, ulong seed)
    {
        GossipSwarm swarm = new(count, degree: 10, seed);
        swarm.Run(TimeSpan.FromSeconds(5));
        for (int message = 0; message < 20; message++)
        {
            swarm.Publish(message * 7 % count, message);
            swarm.Run(TimeSpan.FromMilliseconds(250));
        }

        swarm.Run(TimeSpan.FromSeconds(6));
        AssertAllDelivered(swarm, 20, _ => true);
        foreach (SwarmNode node in swarm.Nodes)
        {
            int degree = swarm.Links.Count(link => link.A == node.Number || link.B == node.Number);
            Assert.That(node.MeshSize, Is.GreaterThanOrEqualTo(Math.Min(degree, 4)).And.LessThanOrEqualTo(12), $"mesh of {node.Number}");
        }
    }

    [Test]
    public void MeshesAreMutual()
    {
        GossipSwarm swarm = new(40, degree: 12, seed: 5);
        swarm.Run(TimeSpan.FromSeconds(20));
        int oneSided = swarm.Links.Count(link => HasInMesh(swarm, link.A, link.B) != HasInMesh(swarm, link.B, link.A));
        Assert.That(oneSided, Is.Zero);
    }

    [Test]
    public void ASeedGivesOneTrace()
    {
        string first = TraceOf(7);
        Assert.That(TraceOf(7), Is.EqualTo(first));
        Assert.That(TraceOf(8), Is.Not.EqualTo(first));
    }

    [TestCase(11UL)]
    [TestCase(12UL)]
    public void LossOnlyDelays(ulong seed)
    {
        GossipSwarm swarm = new(40, degree: 10, seed) { LossRate = 0.05, LossDelay = TimeSpan.FromMilliseconds(300) };
        swarm.Run(TimeSpan.FromSeconds(5));
        for (int message = 0; message < 20; message++)
        {
            swarm.Publish(message, message, length: 4096);
            swarm.Run(TimeSpan.FromMilliseconds(200));
        }

        swarm.Run(TimeSpan.FromSeconds(8));
        AssertAllDelivered(swarm, 20, _ => true);
    }

    [TestCase(21UL)]
    [TestCase(22UL)]
    public void WhoeverStaysUpGetsEverythingWhileOthersComeAndGo(ulong seed)
    {
        const int Count = 40;
        GossipSwarm swarm = new(Count, degree: 12, seed);
        Random random = new((int)seed);
        swarm.Run(TimeSpan.FromSeconds(5));
        for (int message = 0; message < 30; message++)
        {
            // Nodes from 30 on crash and come back, the others stay.
            int flapping = 30 + (message % 10);
            swarm.Stop(flapping);
            swarm.Publish(random.Next(30), message);
            swarm.Run(TimeSpan.FromMilliseconds(400));
            swarm.Start(flapping);
            for (int k = 0; k < 5; k++)
            {
                swarm.Connect(flapping, random.Next(30));
            }
        }

        swarm.Run(TimeSpan.FromSeconds(8));
        AssertAllDelivered(swarm, 30, static node => node < 30);
    }

    [Test]
    public void APartitionThatHealsIsNotFelt()
    {
        const int Count = 30;
        GossipSwarm swarm = new(Count, degree: 10, seed: 31);
        swarm.Run(TimeSpan.FromSeconds(5));
        (int A, int B)[] cut = [.. swarm.Links.Where(static link => link.A < Count / 2 != link.B < Count / 2)];
        foreach ((int a, int b) in cut)
        {
            swarm.Disconnect(a, b);
        }

        swarm.Run(TimeSpan.FromSeconds(30));
        foreach ((int a, int b) in cut)
        {
            swarm.Connect(a, b);
        }

        swarm.Run(TimeSpan.FromSeconds(3));
        for (int message = 0; message < 20; message++)
        {
            swarm.Publish(message, message);
            swarm.Run(TimeSpan.FromMilliseconds(100));
        }

        swarm.Run(TimeSpan.FromSeconds(6));
        AssertAllDelivered(swarm, 20, _ => true);
    }

    [Test]
    public void WhatWasSaidShortBeforeAPartitionHealsIsToldAfterwards()
    {
        const int Count = 20;
        GossipSwarm swarm = new(Count, degree: 10, seed: 32);
        swarm.Run(TimeSpan.FromSeconds(5));
        (int A, int B)[] cut = [.. swarm.Links.Where(static link => link.A < Count / 2 != link.B < Count / 2)];
        foreach ((int a, int b) in cut)
        {
            swarm.Disconnect(a, b);
        }

        swarm.Run(TimeSpan.FromSeconds(10));
        swarm.Publish(0, 1);
        swarm.Publish(Count - 1, 2);
        swarm.Run(TimeSpan.FromSeconds(1));
        foreach ((int a, int b) in cut)
        {
            swarm.Connect(a, b);
        }

        swarm.Run(TimeSpan.FromSeconds(6));
        AssertDelivered(swarm, 1, _ => true);
        AssertDelivered(swarm, 2, _ => true);
    }

    [Test]
    public void LongMessagesAreAnnouncedSoThatFewerCopiesTravel()
    {
        long with = BytesOf(new GossipOptions { FloodPublish = false });
        long without = BytesOf(new GossipOptions { FloodPublish = false, IDontWantBytes = int.MaxValue });
        Assert.That(with, Is.LessThan(without));
    }

    [Test]
    public void RejectedMessagesDoNotTravelAndTheirSenderIsShunned()
    {
        GossipSwarm swarm = new(20, degree: 8, seed: 41);
        foreach (SwarmNode node in swarm.Nodes.Skip(1))
        {
            node.Judge = static message => message >= 1000 ? GossipVerdict.Reject : GossipVerdict.Accept;
        }

        swarm.Run(TimeSpan.FromSeconds(5));
        int[] neighbours = [.. swarm.Links.Where(static link => link.A == 0).Select(static link => link.B)];
        for (int message = 1000; message < 1020; message++)
        {
            swarm.Publish(0, message);
            swarm.Run(TimeSpan.FromMilliseconds(100));
        }

        swarm.Run(TimeSpan.FromSeconds(2));
        Assert.Multiple(() =>
        {
            foreach (SwarmNode node in swarm.Nodes.Skip(1))
            {
                Assert.That(node.Deliveries.Keys.Any() && !neighbours.Contains(node.Number), Is.False, "only neighbours saw it");
                Assert.That(HasInMesh(swarm, node.Number, 0), Is.False);
                Assert.That(node.Deliveries.Count, Is.LessThan(20), "the rest was dropped undecoded");
            }
        });
    }

    /// <summary>As many Sybils as honest nodes; they graft wherever they can and pass nothing on.</summary>
    [TestCase(1, 51UL, true)]
    [TestCase(1, 52UL, false)]
    [TestCase(4, 53UL, true)]
    [TestCase(4, 54UL, false)]
    public void SybilsThatGraftAndDropCostNoDelivery(int ratio, ulong seed, bool floodPublish)
    {
        const int Honest = 20;
        int count = Honest * (1 + ratio);
        GossipSwarm swarm = new(count, degree: 4, seed, new GossipOptions { FloodPublish = floodPublish });
        Random random = new((int)seed);
        for (int sybil = Honest; sybil < count; sybil++)
        {
            for (int k = 0; k < 8; k++)
            {
                swarm.Connect(sybil, random.Next(Honest));
            }
        }

        for (int node = 0; node < Honest; node++)
        {
            for (int k = 0; k < 4; k++)
            {
                swarm.Connect(node, random.Next(Honest));
            }
        }

        swarm.Tamper = (from, _, rpc) => from < Honest
            ? rpc
            : new GossipRpc { Subscriptions = rpc.Subscriptions, Graft = [GossipSwarm.Topic] };
        swarm.Run(TimeSpan.FromSeconds(5));
        int messages = 0;
        for (; messages < 50; messages++)
        {
            swarm.Publish(messages % Honest, messages);
            swarm.Run(TimeSpan.FromMilliseconds(500));
        }

        swarm.Run(TimeSpan.FromSeconds(6));
        int delivered = swarm.Nodes.Take(Honest).Sum(node => Enumerable.Range(0, messages).Count(node.Deliveries.ContainsKey));
        Assert.That(delivered, Is.GreaterThanOrEqualTo((int)(0.999 * messages * Honest)));
    }

    private static bool HasInMesh(GossipSwarm swarm, int node, int peer) =>
        swarm.Nodes[node].Router.State.Topics[GossipSwarm.Topic].Mesh.Contains(GossipIds.Peer(peer));

    private static string TraceOf(ulong seed)
    {
        GossipSwarm swarm = new(20, degree: 8, seed) { LossRate = 0.1, LossDelay = TimeSpan.FromMilliseconds(100) };
        swarm.Run(TimeSpan.FromSeconds(3));
        for (int message = 0; message < 10; message++)
        {
            swarm.Publish(message, message, length: 2000);
            swarm.Run(TimeSpan.FromMilliseconds(300));
        }

        return swarm.Trace;
    }

    private static long BytesOf(GossipOptions options)
    {
        GossipSwarm swarm = new(30, degree: 12, seed: 61, options);
        swarm.Run(TimeSpan.FromSeconds(5));
        for (int message = 0; message < 10; message++)
        {
            swarm.Publish(message, message, length: 60_000);
            swarm.Run(TimeSpan.FromSeconds(1));
        }

        AssertAllDelivered(swarm, 10, _ => true);
        return swarm.Bytes;
    }

    private static void AssertAllDelivered(GossipSwarm swarm, int messages, Func<int, bool> isAsked)
    {
        for (int message = 0; message < messages; message++)
        {
            AssertDelivered(swarm, message, isAsked);
        }
    }

    private static void AssertDelivered(GossipSwarm swarm, int message, Func<int, bool> isAsked)
    {
        foreach (SwarmNode node in swarm.Nodes.Where(node => isAsked(node.Number)))
        {
            Assert.That(node.Deliveries.GetValueOrDefault(message), Is.EqualTo(1), $"message {message} at node {node.Number}");
        }
    }
}
