using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Gossip.Support;

namespace PoUW.Network.Tests.Gossip;

/// <summary>What follows from control messages, kind by kind, with a peer that says what it likes.</summary>
[TestFixture]
internal sealed class RouterControlTests
{
    [Test]
    public void AGraftIsTaken()
    {
        TestRouter test = TestRouter.WithPeers(1);
        test.Graft(1);
        Assert.That(test.Mesh, Has.Count.EqualTo(1));
        Assert.That(test.Router.TakeOutput().Rpcs, Is.Empty, "no answer is the yes");
        test.Graft(1);
        Assert.That(test.Router.TakeOutput().Rpcs, Is.Empty, "a second one changes nothing");
    }

    [Test]
    public void GraftsForUnknownTopicsAreNotAnswered()
    {
        TestRouter test = TestRouter.WithPeers(1);
        test.Receive(1, new GossipRpc { Graft = ["other"] });
        Assert.That(test.Router.TakeOutput().Rpcs, Is.Empty);
    }

    [Test]
    public void AGraftInTheBackoffIsPrunedAndCounts()
    {
        TestRouter test = TestRouter.WithPeers(1);
        test.Beat();
        test.Prune(1);
        test.Clock.Now += TimeSpan.FromSeconds(30);
        test.Graft(1);
        Assert.That(test.Mesh, Is.Empty);
        Assert.That(test.TakeFor(1).Prune.Single().BackoffSeconds, Is.EqualTo(60));
        Assert.That(BehaviourOf(test, 1), Is.EqualTo(1));

        // The back-off begins anew with the offence.
        test.Clock.Now += TimeSpan.FromSeconds(31);
        test.Graft(1);
        Assert.That(BehaviourOf(test, 1), Is.EqualTo(2));
        test.Clock.Now += TimeSpan.FromSeconds(61);
        test.Graft(1);
        Assert.That(test.Mesh, Has.Count.EqualTo(1));
    }

    [Test]
    public void AGraftFloodCountsTwiceAndEndsBelowZero()
    {
        TestRouter test = TestRouter.WithPeers(1);
        test.Beat();
        test.Prune(1);
        test.Graft(1);
        Assert.That(BehaviourOf(test, 1), Is.EqualTo(2), "within 10 s of the prune");
        for (int i = 0; i < 7; i++)
        {
            test.Graft(1);
        }

        Assert.That(test.Score(1), Is.LessThan(test.Options.Scoring.GraylistThreshold));
        Assert.That(test.Router.Admits(GossipIds.Peer(1), 1), Is.False);
    }

    [Test]
    public void AFullMeshTakesOutboundPeersOnly()
    {
        TestRouter test = TestRouter.WithPeers(0, new GossipOptions { PeerExchange = true });
        for (int i = 1; i <= 12; i++)
        {
            test.AddPeer(i, isOutbound: false);
            test.Graft(i);
        }

        test.AddPeer(13, isOutbound: false);
        test.Graft(13);
        Assert.That(test.Mesh, Has.Count.EqualTo(12));
        Assert.That(test.TakeFor(13).Prune.Single().Peers, Has.Count.EqualTo(12), "it is told others");
        test.AddPeer(14, isOutbound: true);
        test.Graft(14);
        Assert.That(test.Mesh, Has.Count.EqualTo(13));
    }

    [Test]
    public void PeersBelowZeroAreNotGrafted()
    {
        TestRouter test = TestRouter.WithPeers(2, new GossipOptions { PeerExchange = true });
        test.SendAndJudge(1, 1, GossipVerdict.Reject);
        test.Router.TakeOutput();
        test.Graft(1);
        Assert.That(test.Mesh, Is.Empty);
        Assert.That(test.TakeFor(1).Prune.Single().Peers, Is.Empty);
    }

    [TestCase(GossipVersion.V10, 0UL, 0)]
    [TestCase(GossipVersion.V11, 60UL, 1)]
    public void PrunesAreAsTheVersionKnowsThem(GossipVersion version, ulong backoff, int peers)
    {
        TestRouter test = TestRouter.WithPeers(0, new GossipOptions { PeerExchange = true, ExchangedPeers = 1 });
        for (int i = 1; i <= 12; i++)
        {
            test.AddPeer(i, isOutbound: false);
            test.Graft(i);
        }

        test.AddPeer(13, version, isOutbound: false);
        test.Graft(13);
        GossipPrune prune = test.TakeFor(13).Prune.Single();
        Assert.That((prune.BackoffSeconds, prune.Peers.Count), Is.EqualTo((backoff, peers)));
    }

    [Test]
    public void SuggestionsAreTakenFromWellScoredPeersOnly()
    {
        double application = 99;
        GossipOptions options = new() { Scoring = new GossipScoring { ApplicationScore = _ => application }, ExchangedPeers = 2 };
        TestRouter test = TestRouter.WithPeers(2, options);
        GossipExchangedPeer[] suggested =
            [.. new[] { 0, 2, 50, 51, 52 }.Select(static number => new GossipExchangedPeer(GossipIds.Peer(number), new byte[] { 1 }))];
        GossipRpc prune = new() { Prune = [new GossipPrune(TestRouter.Topic, 0, suggested)] };
        test.Receive(1, prune);
        Assert.That(test.Router.TakeOutput().Suggestions, Is.Empty);
        application = 100;
        test.Beat();
        List<GossipPeerSuggestion> taken = [];
        for (int i = 0; i < 20; i++)
        {
            test.Receive(1, prune);
            List<GossipPeerSuggestion> now = test.Router.TakeOutput().Suggestions;
            Assert.That(now, Has.Count.LessThanOrEqualTo(2));
            taken.AddRange(now);
        }

        Assert.That(taken.Select(static item => item.Peer).Distinct(), Is.SubsetOf(new[] { 50, 51, 52 }.Select(GossipIds.Peer)), "neither itself nor a peer that is there");
        Assert.That(taken[0].From, Is.EqualTo(GossipIds.Peer(1)));
        Assert.That(taken[0].SignedRecord.ToArray(), Is.EqualTo(new byte[] { 1 }));
    }

    [Test]
    public void WhatIsNewIsAskedFor()
    {
        TestRouter test = TestRouter.WithPeers(1);
        GossipMessageId seen = test.Send(1, 1);
        GossipMessageId[] ids = [seen, GossipIds.MessageId(1), GossipIds.MessageId(2), GossipIds.MessageId(1)];
        test.Receive(1, new GossipRpc { IHave = [new GossipIHave(TestRouter.Topic, ids), new GossipIHave("other", [GossipIds.MessageId(3)])] });
        Assert.That(test.TakeFor(1).IWant, Is.EquivalentTo(new[] { GossipIds.MessageId(1), GossipIds.MessageId(2) }));
    }

    [Test]
    public void IHaveIsCappedInRpcsAndIdsUntilTheNextHeartbeat()
    {
        TestRouter test = TestRouter.WithPeers(2, new GossipOptions { Limits = new GossipLimits { MaxIHaveRpcs = 3, MaxIHaveIds = 100 } });
        Assert.That(Told(test, 1, 0, 80), Is.EqualTo(80));
        Assert.That(Told(test, 1, 80, 80), Is.EqualTo(20), "100 ids a heartbeat");
        Assert.That(Told(test, 1, 160, 80), Is.Zero);
        Assert.That(Told(test, 2, 500, 1) + Told(test, 2, 501, 1) + Told(test, 2, 502, 1) + Told(test, 2, 503, 1), Is.EqualTo(3), "3 RPCs a heartbeat");
        test.Beat();
        Assert.That((Told(test, 1, 160, 80), Told(test, 2, 503, 1)), Is.EqualTo((80, 1)));
    }

    [Test]
    public void GossipOfPeersBelowTheThresholdIsIgnored()
    {
        TestRouter test = TestRouter.WithPeers(1);
        GossipMessage cached = GossipIds.Message(TestRouter.Topic, 99);
        test.Router.Publish(cached);
        for (int i = 0; i < 3; i++)
        {
            test.SendAndJudge(1, i, GossipVerdict.Reject);
        }

        Assert.That(test.Score(1), Is.LessThan(test.Options.Scoring.GossipThreshold).And.GreaterThan(test.Options.Scoring.PublishThreshold));
        test.Router.TakeOutput();
        Assert.That(Told(test, 1, 0, 5), Is.Zero);
        test.Receive(1, new GossipRpc { IWant = [GossipMessageIds.ByContent(cached)] });
        Assert.That(test.TakeFor(1).Messages, Is.Empty);
        Assert.That(test.Beat().Rpcs.GetValueOrDefault(GossipIds.Peer(1))?.IHave ?? [], Is.Empty, "and none is sent to them");
    }

    [Test]
    public void ABrokenPromiseCountsAndAKeptOneDoesNot()
    {
        TestRouter test = TestRouter.WithPeers(3);
        GossipMessage promised = GossipIds.Message(TestRouter.Topic, 7);
        test.Receive(1, new GossipRpc { IHave = [new GossipIHave(TestRouter.Topic, [GossipIds.MessageId(1)])] });
        test.Receive(2, new GossipRpc { IHave = [new GossipIHave(TestRouter.Topic, [GossipMessageIds.ByContent(promised)])] });
        test.Beat(2);
        test.Receive(3, new GossipRpc { Messages = [promised] });
        Assert.That(BehaviourOf(test, 1), Is.Zero, "3 s have not passed");
        test.Beat();
        Assert.That(BehaviourOf(test, 1), Is.GreaterThan(0.9));
        Assert.That(BehaviourOf(test, 2), Is.Zero, "another peer brought it");
        Assert.That(test.Counters.BrokenPromises, Is.EqualTo(1));
        Assert.That(test.Router.State.Promises.Count, Is.Zero);
    }

    [Test]
    public void WhoKeepsBreakingPromisesIsNoLongerListenedTo()
    {
        TestRouter test = TestRouter.WithPeers(1);
        for (int i = 0; i < 20; i++)
        {
            Told(test, 1, i * 100, 100);
            test.Beat();
        }

        Assert.That(test.Score(1), Is.LessThan(test.Options.Scoring.GossipThreshold));
        Assert.That(Told(test, 1, 9000, 1), Is.Zero);
    }

    [Test]
    public void PromisesOfAPeerThatLeavesAreForgotten()
    {
        TestRouter test = TestRouter.WithPeers(1);
        Told(test, 1, 0, 3);
        test.Router.RemovePeer(GossipIds.Peer(1));
        Assert.That(test.Router.State.Promises.Count, Is.Zero);
    }

    [Test]
    public void WhatIsAskedForIsSentThreeTimes()
    {
        TestRouter test = TestRouter.WithPeers(2);
        GossipMessage message = GossipIds.Message(TestRouter.Topic, 1);
        GossipMessageId id = GossipMessageIds.ByContent(message);
        test.Router.Publish(message);
        test.Router.TakeOutput();
        int[] answers = [.. Enumerable.Range(0, 5).Select(_ => Ask(test, 1, id, id))];
        Assert.That(answers, Is.EqualTo(new[] { 1, 1, 1, 0, 0 }));
        Assert.That(Ask(test, 2, id), Is.EqualTo(1), "each peer has its own count");
        Assert.That(Ask(test, 2, GossipIds.MessageId(77)), Is.Zero);
        test.Beat(5);
        Assert.That(Ask(test, 2, id), Is.Zero, "five heartbeats later it is gone");
    }

    [Test]
    public void IWantIsCapped()
    {
        TestRouter test = TestRouter.WithPeers(1, new GossipOptions { Limits = new GossipLimits { MaxIWantIds = 10 } });
        GossipMessage message = GossipIds.Message(TestRouter.Topic, 1);
        test.Router.Publish(message);
        test.Router.TakeOutput();
        GossipMessageId[] junk = [.. Enumerable.Range(0, 10).Select(GossipIds.MessageId)];
        Assert.That(Ask(test, 1, [.. junk, GossipMessageIds.ByContent(message)]), Is.Zero);
        test.Beat();
        Assert.That(Ask(test, 1, GossipMessageIds.ByContent(message)), Is.EqualTo(1));
    }

    [Test]
    public void MessagesAreToldForThreeHeartbeatsToPeersOutsideTheMesh()
    {
        TestRouter test = TestRouter.WithPeers(40, new GossipOptions { FloodPublish = false });
        test.Beat();
        test.Router.Publish(GossipIds.Message(TestRouter.Topic, 1));
        PeerId[] mesh = [.. test.Mesh];
        for (int i = 0; i < 4; i++)
        {
            PeerId[] told = [.. test.Beat().Rpcs.Where(static item => item.Value.IHave.Count > 0).Select(static item => item.Key)];
            Assert.That(told, Has.Length.EqualTo(i < 3 ? 8 : 0), "a quarter of 34");
            Assert.That(told.Intersect(mesh), Is.Empty);
        }
    }

    [Test]
    public void WhoJoinsTheMeshIsToldWhatThereIs()
    {
        TestRouter test = TestRouter.WithPeers(0);
        test.Router.Publish(GossipIds.Message(TestRouter.Topic, 1));
        test.AddPeer(1);
        RouterOutput output = test.Beat();
        Assert.That((test.Mesh.Count, output.Rpcs[GossipIds.Peer(1)].IHave.Count), Is.EqualTo((1, 1)));
        Assert.That(test.Beat().Rpcs, Is.Empty, "once");
    }

    [Test]
    public void LongMessagesAreAnnouncedToTheMeshAtOnce()
    {
        TestRouter test = TestRouter.WithPeers(5);
        test.AddPeer(6, GossipVersion.V11);
        test.Beat();
        test.Graft(6);
        GossipMessageId id = test.Send(1, 1, length: 1024);
        RouterOutput output = test.Router.TakeOutput();
        PeerId[] announced = [.. output.Rpcs.Where(static item => item.Value.IDontWant.Count > 0).Select(static item => item.Key)];
        Assert.That(announced, Is.EqualTo(new[] { 2, 3, 4, 5 }.Select(GossipIds.Peer)), "not to the sender, nor to 1.1");
        Assert.That(output.Rpcs[announced[0]].IDontWant, Is.EqualTo(new[] { id }));
        test.Send(1, 2, length: 1023);
        Assert.That(test.Router.TakeOutput().Rpcs, Is.Empty);
    }

    [Test]
    public void WhatAPeerDoesNotWantIsNotSentForThreeHeartbeats()
    {
        TestRouter test = TestRouter.WithPeers(3);
        test.Beat();
        GossipMessage message = GossipIds.Message(TestRouter.Topic, 1);
        GossipMessageId id = GossipMessageIds.ByContent(message);
        test.Receive(2, new GossipRpc { IDontWant = [id] });
        test.SendAndJudge(1, 1, GossipVerdict.Accept);
        Assert.That(test.Router.TakeOutput().Rpcs.Keys, Is.EqualTo(new[] { GossipIds.Peer(3) }));
        Assert.That(test.Counters.Suppressed, Is.EqualTo(1));
        test.Beat(3);
        Assert.That(test.Router.State.Peers[GossipIds.Peer(2)].Unwanted, Has.Count.EqualTo(1));
        test.Beat();
        Assert.That(test.Router.State.Peers[GossipIds.Peer(2)].Unwanted, Is.Empty);
    }

    [Test]
    public void OwnMessagesAreNotSentToWhoHasThem()
    {
        TestRouter test = TestRouter.WithPeers(3);
        GossipMessage message = GossipIds.Message(TestRouter.Topic, 1);
        test.Receive(2, new GossipRpc { IDontWant = [GossipMessageIds.ByContent(message)] });
        Assert.That(test.Router.Publish(message), Is.EqualTo(2));
    }

    [Test]
    public void IDontWantIsCapped()
    {
        TestRouter test = TestRouter.WithPeers(1, new GossipOptions { Limits = new GossipLimits { MaxIDontWantIds = 10 } });
        test.Receive(1, new GossipRpc { IDontWant = [.. Enumerable.Range(0, 50).Select(GossipIds.MessageId)] });
        test.Receive(1, new GossipRpc { IDontWant = [.. Enumerable.Range(50, 50).Select(GossipIds.MessageId)] });
        Assert.That(test.Router.State.Peers[GossipIds.Peer(1)].Unwanted, Has.Count.EqualTo(10));
    }

    private static int Told(TestRouter test, int peer, int first, int count)
    {
        test.Router.TakeOutput();
        test.Receive(peer, new GossipRpc
        {
            IHave = [new GossipIHave(TestRouter.Topic, [.. Enumerable.Range(first, count).Select(number => GossipIds.MessageId((peer * 100_000) + number))])],
        });
        return test.TakeFor(peer).IWant.Count;
    }

    private static int Ask(TestRouter test, int peer, params GossipMessageId[] ids)
    {
        test.Receive(peer, new GossipRpc { IWant = ids });
        return test.TakeFor(peer).Messages.Count;
    }

    private static double BehaviourOf(TestRouter test, int peer) => test.Router.State.Scores.MisbehaviourOf(GossipIds.Peer(peer));
}
