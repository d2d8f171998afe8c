using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Hosting;
using PoUW.Network.Tests.Gossip.Support;
using PoUW.Network.Tests.Hosting;

namespace PoUW.Network.Tests.Gossip;

/// <summary>Gossip over real hosts, streams and muxers.</summary>
[TestFixture]
internal sealed class GossipSubTests
{
    [Test]
    public void AMessageCrossesALineOfNodesOnce()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            List<(Host Host, GossipSub Gossip)> nodes = await StartLineAsync(world, 5);
            await world.Delay(3);
            Assert.That(nodes[0].Gossip.Publish(GossipWorld.Topic, GossipWorld.Text("hello")), Is.EqualTo(1));
            await world.Delay(1);
            Assert.That(world.Got[0], Is.Empty, "the own handler does not see it");
            for (int i = 1; i < 5; i++)
            {
                Assert.That(world.Got[i], Is.EqualTo(new[] { ("hello", HostWorld.IdOf(i - 1)) }), $"node {i}");
            }

            GossipSnapshot snapshot = nodes[2].Gossip.Snapshot();
            Assert.That(snapshot.Topics.Single().Mesh, Is.EqualTo(new[] { HostWorld.IdOf(1), HostWorld.IdOf(3) }));
            Assert.That(snapshot.Peers.Select(static peer => peer.Version), Is.All.EqualTo(GossipVersion.V12));
            Assert.That((snapshot.Statistics.Delivered, snapshot.Statistics.Accepted, snapshot.Statistics.RpcsMalformed), Is.EqualTo((1, 1, 0)));
        });
    }

    [Test]
    public void WhatIsPublishedBeforePeersAreThereIsToldToThem()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host host, GossipSub gossip) = await world.StartAsync(0);
            await world.StartAsync(1);
            Assert.That(gossip.Publish(GossipWorld.Topic, GossipWorld.Text("early")), Is.Zero);
            await host.DialAsync(HostWorld.AddressOf(1));
            await world.Delay(5);
            Assert.That(world.Got[1].Select(static item => item.Text), Is.EqualTo(new[] { "early" }));
        });
    }

    [Test]
    public void ARejectedMessageStopsAndTheSenderLosesItsScore()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host a, GossipSub gossip) = await world.StartAsync(0);
            (Host b, GossipSub judge) = await world.StartAsync(1, judge: static _ => GossipVerdict.Reject);
            await world.StartAsync(2);
            await a.DialAsync(HostWorld.AddressOf(1));
            await b.DialAsync(HostWorld.AddressOf(2));
            await world.Delay(3);
            gossip.Publish(GossipWorld.Topic, GossipWorld.Text("bad"));
            await world.Delay(1);
            Assert.That((world.Got[1].Count, world.Got[2].Count), Is.EqualTo((1, 0)));
            GossipPeerSnapshot sender = judge.Snapshot().Peers.Single(peer => peer.Peer == a.Id);
            Assert.That(sender.Score.Invalid, Is.LessThan(-15));
            Assert.That(judge.Snapshot().Topics[0].Mesh, Does.Not.Contain(a.Id), "a negative score leaves the mesh");
        });
    }

    [Test]
    public void SignedMessagesCarryTheirAuthor()
    {
        GossipWorld world = new();
        GossipOptions options = new() { SignaturePolicy = GossipSignaturePolicy.StrictSign };
        world.Run(async () =>
        {
            (Host a, GossipSub gossip) = await world.StartAsync(0, options);
            await world.StartAsync(1, options);
            await a.DialAsync(HostWorld.AddressOf(1));
            await world.Delay(3);
            gossip.Publish(GossipWorld.Topic, GossipWorld.Text("same"));
            gossip.Publish(GossipWorld.Topic, GossipWorld.Text("same"));
            await world.Delay(1);
            Assert.That(world.Got[1].Select(static item => item.Text), Is.EqualTo(new[] { "same", "same" }), "numbered messages are not copies");
        });
    }

    [Test]
    public void UnsignedMessagesAreInvalidWhereSignaturesAreAsked()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host a, GossipSub unsigned) = await world.StartAsync(0);
            (_, GossipSub strict) = await world.StartAsync(1, new GossipOptions { SignaturePolicy = GossipSignaturePolicy.StrictSign });
            await a.DialAsync(HostWorld.AddressOf(1));
            await world.Delay(3);
            unsigned.Publish(GossipWorld.Topic, GossipWorld.Text("x"));
            strict.Publish(GossipWorld.Topic, GossipWorld.Text("y"));
            await world.Delay(1);
            Assert.That(world.Got[0].Count + world.Got[1].Count, Is.Zero);
            Assert.That(unsigned.Statistics.InvalidEnvelopes, Is.Positive);
            Assert.That(strict.Statistics.InvalidEnvelopes, Is.Positive);
        });
    }

    [Test]
    public void UnsubscribedNodesHearNothingMore()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host a, GossipSub first) = await world.StartAsync(0);
            (_, GossipSub second) = await world.StartAsync(1);
            await a.DialAsync(HostWorld.AddressOf(1));
            await world.Delay(3);
            second.Unsubscribe(GossipWorld.Topic);
            await world.Delay(1);
            Assert.That(first.Publish(GossipWorld.Topic, GossipWorld.Text("x")), Is.Zero);
            Assert.That(first.Snapshot().Topics[0].Mesh, Is.Empty);
            await world.Delay(1);
            Assert.That(world.Got[1], Is.Empty);
        });
    }

    [Test]
    public void APeerThatLeavesIsForgottenAndComesBackIntoTheMesh()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host a, GossipSub first) = await world.StartAsync(0);
            (Host b, _) = await world.StartAsync(1);
            await a.DialAsync(HostWorld.AddressOf(1));
            await world.Delay(3);
            await a.DisconnectAsync(b.Id);
            await world.Delay(1);
            Assert.That(first.Snapshot().Peers, Is.Empty);
            Assert.That(first.Snapshot().RetainedScores, Is.EqualTo(1));
            await a.DialAsync(HostWorld.AddressOf(1));
            await world.Delay(3);
            Assert.That(first.Snapshot().Topics[0].Mesh, Is.EqualTo(new[] { b.Id }));
            Assert.That(first.Publish(GossipWorld.Topic, GossipWorld.Text("again")), Is.EqualTo(1));
            await world.Delay(1);
            Assert.That(world.Got[1], Has.Count.EqualTo(1));
        });
    }

    [Test]
    public void TheSameSeedGivesTheSameTrace()
    {
        string first = TraceOf(3);
        Assert.That(TraceOf(3), Is.EqualTo(first));
        Assert.That(TraceOf(4), Is.Not.EqualTo(first));
    }

    private static string TraceOf(int seed)
    {
        GossipWorld world = new(seed);
        world.Run(async () =>
        {
            List<(Host Host, GossipSub Gossip)> nodes = await StartLineAsync(world, 6);
            await nodes[0].Host.DialAsync(HostWorld.AddressOf(3));
            await world.Delay(3);
            for (int i = 0; i < 6; i++)
            {
                nodes[i].Gossip.Publish(GossipWorld.Topic, GossipWorld.Text($"message {i}"));
            }

            await world.Delay(5);
            Assert.That(world.Got.Values.Select(static got => got.Count), Is.All.EqualTo(5));
        });
        return world.Hosts.World.Trace.Hash;
    }

    private static async Task<List<(Host Host, GossipSub Gossip)>> StartLineAsync(GossipWorld world, int count)
    {
        List<(Host Host, GossipSub Gossip)> nodes = [];
        for (int i = 0; i < count; i++)
        {
            nodes.Add(await world.StartAsync(i));
        }

        for (int i = 1; i < count; i++)
        {
            await nodes[i].Host.DialAsync(HostWorld.AddressOf(i - 1));
        }

        return nodes;
    }
}
