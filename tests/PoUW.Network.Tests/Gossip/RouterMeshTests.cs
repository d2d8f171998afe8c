using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Gossip.Support;

namespace PoUW.Network.Tests.Gossip;

/// <summary>The care for meshes and fanout in the heartbeat.</summary>
[TestFixture]
internal sealed class RouterMeshTests
{
    [TestCase(3, 3)]
    [TestCase(6, 6)]
    [TestCase(30, 6)]
    public void AMeshIsFilledToTheDegreeAndItsPeersAreTold(int peers, int expected)
    {
        TestRouter test = TestRouter.WithPeers(peers);
        RouterOutput output = test.Beat();
        Assert.That(test.Mesh, Has.Count.EqualTo(expected));
        Assert.That(output.Rpcs.Where(static item => item.Value.Graft.Count > 0).Select(static item => item.Key), Is.EqualTo(test.Mesh));
    }

    [Test]
    public void AMeshWithinItsBoundsIsLeftAlone()
    {
        TestRouter test = TestRouter.WithPeers(30);
        test.Beat();
        test.Prune(NumberOf(test.Mesh.Min));
        test.Prune(NumberOf(test.Mesh.Min));
        RouterOutput output = test.Beat();
        Assert.That(test.Mesh, Has.Count.EqualTo(4), "D_low is enough");
        Assert.That(output.Rpcs, Is.Empty);
        test.Prune(NumberOf(test.Mesh.Min));
        test.Beat();
        Assert.That(test.Mesh, Has.Count.EqualTo(6), "below D_low it is filled to D");
    }

    [Test]
    public void ATooLargeMeshIsCutAndTheOthersAreTold()
    {
        TestRouter test = TestRouter.WithPeers(0);
        for (int i = 1; i <= 13; i++)
        {
            test.AddPeer(i);
            test.Graft(i);
        }

        Assert.That(test.Mesh, Has.Count.EqualTo(13));
        RouterOutput output = test.Beat();
        Assert.That(test.Mesh, Has.Count.EqualTo(6));
        GossipPrune[] prunes = [.. output.Rpcs.Values.SelectMany(static rpc => rpc.Prune)];
        Assert.That(prunes, Has.Length.EqualTo(7));
        Assert.That(prunes.Select(static prune => (prune.Topic, prune.BackoffSeconds, prune.Peers.Count)), Is.All.EqualTo((TestRouter.Topic, 60UL, 0)));
    }

    [Test]
    public void TheBestPeersStayWhenAMeshIsCut()
    {
        TestRouter test = TestRouter.WithPeers(0);
        for (int i = 1; i <= 13; i++)
        {
            test.AddPeer(i);
            test.Graft(i);
        }

        foreach (int best in new[] { 2, 5, 7, 11 })
        {
            test.SendAndJudge(best, best, GossipVerdict.Accept);
        }

        test.Beat();
        Assert.That(test.Mesh, Is.SupersetOf(new[] { 2, 5, 7, 11 }.Select(GossipIds.Peer)));
    }

    [Test]
    public void OutboundPeersStayWhenAMeshIsCut([Range(1, 8)] int seed)
    {
        TestRouter test = new(seed: (ulong)seed);
        test.Router.Subscribe(TestRouter.Topic, new GossipTopicOptions());
        for (int i = 1; i <= 12; i++)
        {
            // Two outbound ones, and inbound ones with better scores.
            test.AddPeer(i, isOutbound: i <= 2);
            test.Graft(i);
        }

        test.AddPeer(13, isOutbound: true);
        test.Graft(13);
        for (int i = 4; i <= 12; i++)
        {
            test.SendAndJudge(i, i, GossipVerdict.Accept);
        }

        test.Beat();
        Assert.That(test.Mesh, Has.Count.EqualTo(6));
        Assert.That(test.Mesh.Count(peer => test.Router.State.Peers[peer].IsOutbound), Is.GreaterThanOrEqualTo(2));
    }

    [Test]
    public void AMeshOfInboundPeersGetsOutboundOnes()
    {
        TestRouter test = TestRouter.WithPeers(0);
        for (int i = 1; i <= 6; i++)
        {
            test.AddPeer(i, isOutbound: false);
            test.Graft(i);
        }

        test.AddPeer(7);
        test.AddPeer(8);
        test.AddPeer(9);
        test.Beat();
        Assert.That(test.Mesh.Count(peer => test.Router.State.Peers[peer].IsOutbound), Is.EqualTo(2));
        Assert.That(test.Mesh, Has.Count.EqualTo(8));
    }

    [Test]
    public void PeersBelowZeroLeaveTheMeshAndAreNotTakenAgain()
    {
        TestRouter test = TestRouter.WithPeers(4, new GossipOptions { PeerExchange = true });
        test.Beat();
        Assert.That(test.Mesh, Has.Count.EqualTo(4));
        test.SendAndJudge(2, 1, GossipVerdict.Reject);
        RouterOutput output = test.Beat();
        Assert.That(test.Mesh, Does.Not.Contain(GossipIds.Peer(2)));
        Assert.That(output.To(GossipIds.Peer(2)).Prune.Single().Peers, Is.Empty, "and it is told nobody");
        test.Beat(20);
        Assert.That(test.Mesh, Does.Not.Contain(GossipIds.Peer(2)));
    }

    [Test]
    public void APrunedPeerIsGraftedAgainAfterTheBackoffAndTheSlack()
    {
        TestRouter test = TestRouter.WithPeers(1);
        test.Beat();
        test.Prune(1);
        test.Beat(60);
        Assert.That(test.Mesh, Is.Empty, "60 s of back-off and 1 s of slack");
        test.Beat(2);
        Assert.That(test.Mesh, Has.Count.EqualTo(1));
    }

    [TestCase(5UL, 6)]
    [TestCase(600UL, 601)]
    [TestCase(ulong.MaxValue, 3601)]
    public void TheBackoffIsThatOfThePruneUpToALimit(ulong told, int seconds)
    {
        TestRouter test = TestRouter.WithPeers(1);
        test.Beat();
        test.Prune(1, told);
        test.Beat(seconds - 2);
        Assert.That(test.Mesh, Is.Empty);
        test.Beat(3);
        Assert.That(test.Mesh, Has.Count.EqualTo(1));
    }

    [Test]
    public void BackoffsAreBounded()
    {
        TestRouter test = TestRouter.WithPeers(0, new GossipOptions { Limits = new GossipLimits { Backoffs = 5 } });
        for (int i = 1; i <= 20; i++)
        {
            test.AddPeer(i);
            test.Graft(i);
            test.Prune(i, (ulong)(100 - i));
        }

        Assert.That(test.Router.State.Backoffs.Count, Is.EqualTo(5));
        Assert.That(test.Router.State.Backoffs.Forbids(TestRouter.Topic, GossipIds.Peer(1)), Is.True, "the one that ends last is remembered");
    }

    [Test]
    public void JoiningGraftsAtOnceAndLeavingPrunes()
    {
        TestRouter test = new();
        for (int i = 1; i <= 8; i++)
        {
            test.AddPeer(i);
        }

        test.Router.Subscribe(TestRouter.Topic, new GossipTopicOptions());
        RouterOutput joined = test.Router.TakeOutput();
        Assert.That(test.Mesh, Has.Count.EqualTo(6));
        Assert.That(joined.Rpcs.Values.Select(static rpc => rpc.Subscriptions.Single()), Is.All.EqualTo(new GossipSubscription(TestRouter.Topic, true)));
        Assert.That(joined.Rpcs, Has.Count.EqualTo(8), "all are told, not the mesh alone");
        PeerId[] mesh = [.. test.Mesh];
        test.Router.Unsubscribe(TestRouter.Topic);
        RouterOutput left = test.Router.TakeOutput();
        Assert.That(left.Rpcs.Values.Select(static rpc => rpc.Subscriptions.Single()), Is.All.EqualTo(new GossipSubscription(TestRouter.Topic, false)));
        Assert.That(left.Rpcs.Where(static item => item.Value.Prune.Count == 1).Select(static item => item.Key), Is.EqualTo(mesh));
        Assert.That(left.To(mesh[0]).Prune[0].BackoffSeconds, Is.EqualTo(10));
        test.Router.Subscribe(TestRouter.Topic, new GossipTopicOptions());
        Assert.That(test.Mesh.Intersect(mesh), Is.Empty, "the back-off holds for this side too");
    }

    [Test]
    public void WhoLeavesTheTopicLeavesTheMesh()
    {
        TestRouter test = TestRouter.WithPeers(3);
        test.Beat();
        test.Receive(2, new GossipRpc { Subscriptions = [new GossipSubscription(TestRouter.Topic, false)] });
        Assert.That(test.Mesh, Is.EqualTo(new[] { GossipIds.Peer(1), GossipIds.Peer(3) }));
        test.Router.RemovePeer(GossipIds.Peer(1));
        Assert.That(test.Mesh, Is.EqualTo(new[] { GossipIds.Peer(3) }));
        Assert.That(test.Router.State.SubscribersOf(TestRouter.Topic), Is.EqualTo(new[] { GossipIds.Peer(3) }));
    }

    [Test]
    public void FloodsubPeersAndDirectPeersAreInNoMeshAndGetEverything()
    {
        GossipOptions options = new() { DirectPeers = [GossipIds.Peer(2)], AllowFloodsub = true, FloodPublish = false };
        TestRouter test = new(options);
        test.Router.Subscribe(TestRouter.Topic, new GossipTopicOptions());
        test.AddPeer(1, GossipVersion.Flood);
        test.AddPeer(2);
        test.AddPeer(3);
        test.Graft(1);
        test.Graft(2);
        Assert.That(test.TakeFor(2).Prune, Has.Count.EqualTo(1), "a direct peer that grafts is told off");
        test.Beat();
        Assert.That(test.Mesh, Is.EqualTo(new[] { GossipIds.Peer(3) }));
        test.SendAndJudge(3, 1, GossipVerdict.Accept);
        Assert.That(test.Router.TakeOutput().Rpcs.Keys, Is.EqualTo(new[] { GossipIds.Peer(1), GossipIds.Peer(2) }));
        test.Router.Publish(GossipIds.Message(TestRouter.Topic, 2));
        Assert.That(test.Router.TakeOutput().Rpcs, Has.Count.EqualTo(3));
    }

    [Test]
    public void DirectPeersAreHeardWhateverTheirScoreAndSuggestedWhenTheyAreMissing()
    {
        GossipOptions options = new() { DirectPeers = [GossipIds.Peer(2), GossipIds.Peer(3)], DirectConnectHeartbeats = 10 };
        TestRouter test = new(options);
        test.Router.Subscribe(TestRouter.Topic, new GossipTopicOptions());
        test.AddPeer(2);
        for (int i = 0; i < 10; i++)
        {
            test.SendAndJudge(2, i, GossipVerdict.Reject);
        }

        Assert.That(test.Score(2), Is.LessThan(options.Scoring.GraylistThreshold));
        Assert.That(test.Router.Admits(GossipIds.Peer(2), 10), Is.True);
        Assert.That(test.Beat().Suggestions.Select(static item => item.Peer), Is.EqualTo(new[] { GossipIds.Peer(3) }));
        Assert.That(test.Beat(9).Suggestions, Is.Empty);
        Assert.That(test.Beat().Suggestions, Has.Count.EqualTo(1));
    }

    [Test]
    public void APoorMeshIsGivenBetterPeersNowAndThen()
    {
        GossipOptions options = new() { OpportunisticGraftHeartbeats = 10 };
        TestRouter test = TestRouter.WithPeers(6, options);
        test.Beat();
        Assert.That(test.Mesh, Has.Count.EqualTo(6));
        for (int i = 7; i <= 12; i++)
        {
            test.AddPeer(i);
            test.SendAndJudge(i, i, GossipVerdict.Accept);
        }

        test.Beat(8);
        Assert.That(test.Mesh, Has.Count.EqualTo(6), "not before its time");
        test.Beat();
        Assert.That(test.Mesh, Has.Count.EqualTo(8), "two at a time");
        Assert.That(test.Mesh.Count(static peer => NumberOf(peer) > 6), Is.EqualTo(2));
    }

    [Test]
    public void AGoodMeshIsLeftAlone()
    {
        GossipOptions options = new() { OpportunisticGraftHeartbeats = 10 };
        TestRouter test = TestRouter.WithPeers(6, options);
        test.Beat();
        for (int i = 1; i <= 60; i++)
        {
            test.SendAndJudge(1 + (i % 6), i, GossipVerdict.Accept);
        }

        for (int i = 7; i <= 12; i++)
        {
            test.AddPeer(i);
            for (int k = 0; k < 20; k++)
            {
                test.SendAndJudge(i, (i * 1000) + k, GossipVerdict.Accept);
            }
        }

        test.Beat(9);
        Assert.That(test.Mesh, Has.Count.EqualTo(6));
    }

    [Test]
    public void OnlyBetterPeersAreGraftedOpportunistically()
    {
        TestRouter test = TestRouter.WithPeers(6, new GossipOptions { OpportunisticGraftHeartbeats = 10 });
        test.Beat();
        test.AddPeer(7);
        test.Beat(9);
        Assert.That(test.Mesh, Has.Count.EqualTo(6), "a stranger is no better than the median");
    }

    [Test]
    public void FanoutIsFilledUsedAndForgotten()
    {
        TestRouter test = new(new GossipOptions { FloodPublish = false });
        for (int i = 1; i <= 10; i++)
        {
            test.AddPeer(i);
        }

        Assert.That(test.Router.Publish(GossipIds.Message(TestRouter.Topic, 1)), Is.EqualTo(6));
        PeerId[] fanout = [.. test.Router.State.Fanout[TestRouter.Topic].Peers];
        Assert.That(test.Router.TakeOutput().Rpcs.Keys, Is.EqualTo(fanout));
        Assert.That(test.Router.Publish(GossipIds.Message(TestRouter.Topic, 2)), Is.EqualTo(6));
        Assert.That(test.Router.State.Fanout[TestRouter.Topic].Peers, Is.EqualTo(fanout), "the same peers again");
        test.Router.RemovePeer(fanout[0]);
        RouterOutput beat = test.Beat();
        Assert.That(test.Router.State.Fanout[TestRouter.Topic].Peers, Has.Count.EqualTo(6), "refilled");
        Assert.That(beat.Rpcs.Keys.Intersect(fanout), Is.Empty, "gossip goes to the others");
        Assert.That(beat.Rpcs.Values.SelectMany(static rpc => rpc.IHave).ToArray(), Has.Length.EqualTo(3));
        test.Beat(60);
        Assert.That(test.Router.State.Fanout, Is.Empty);
    }

    [Test]
    public void FanoutBecomesTheMesh()
    {
        TestRouter test = new(new GossipOptions { FloodPublish = false });
        for (int i = 1; i <= 20; i++)
        {
            test.AddPeer(i);
        }

        test.Router.Publish(GossipIds.Message(TestRouter.Topic, 1));
        PeerId[] fanout = [.. test.Router.State.Fanout[TestRouter.Topic].Peers];
        test.Router.Subscribe(TestRouter.Topic, new GossipTopicOptions());
        Assert.That(test.Mesh, Is.EqualTo(fanout));
        Assert.That(test.Router.State.Fanout, Is.Empty);
    }

    [Test]
    public void SubscriptionsOfAPeerAreBounded()
    {
        TestRouter test = new(new GossipOptions { Limits = new GossipLimits { MaxTopicsPerPeer = 3 } });
        test.AddPeer(1, subscribes: false);
        for (int i = 0; i < 10; i++)
        {
            test.Receive(1, new GossipRpc { Subscriptions = [new GossipSubscription($"topic {i}", true)] });
        }

        Assert.That(test.Router.State.Peers[GossipIds.Peer(1)].Topics, Has.Count.EqualTo(3));
        Assert.That(test.Router.State.Subscribers, Has.Count.EqualTo(3));
        test.Router.RemovePeer(GossipIds.Peer(1));
        Assert.That(test.Router.State.Subscribers, Is.Empty);
    }

    [Test]
    public void AStreamThatBeginsAnewIsToldSubscriptionsAndMesh()
    {
        TestRouter test = TestRouter.WithPeers(2);
        test.Beat();
        test.Prune(2);
        test.Router.TakeOutput();
        test.Router.Greet(GossipIds.Peer(1));
        test.Router.Greet(GossipIds.Peer(2));
        RouterOutput output = test.Router.TakeOutput();
        Assert.That(output.Rpcs[GossipIds.Peer(1)].Graft, Is.EqualTo(new[] { TestRouter.Topic }));
        Assert.That(output.Rpcs[GossipIds.Peer(2)].Graft, Is.Empty);
        Assert.That(output.Rpcs.Values.Select(static rpc => rpc.Subscriptions.Count), Is.All.EqualTo(1));
    }

    private static int NumberOf(PeerId peer) => peer.Bytes[^1];
}
