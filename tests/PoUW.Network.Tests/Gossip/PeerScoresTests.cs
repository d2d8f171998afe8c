using System.Net;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Tests.Gossip.Support;

namespace PoUW.Network.Tests.Gossip;

/// <summary>Each part of a score by itself, decay, and what stays when a peer leaves.</summary>
[TestFixture]
internal sealed class PeerScoresTests
{
    private const string Topic = "t";
    private static readonly PeerId Peer = GossipIds.Peer(1);

    private static readonly GossipTopicScore Plain = new()
    {
        Weight = 2,
        MeshTimeWeight = 1,
        MeshTimeQuantum = TimeSpan.FromSeconds(2),
        MeshTimeCap = 5,
        FirstDeliveryWeight = 3,
        FirstDeliveryDecay = 0.5,
        FirstDeliveryCap = 4,
        MeshDeliveryWeight = -1,
        MeshDeliveryDecay = 0.5,
        MeshDeliveryCap = 8,
        MeshDeliveryThreshold = 4,
        MeshDeliveryActivation = TimeSpan.FromSeconds(10),
        MeshFailureWeight = -0.5,
        MeshFailureDecay = 0.5,
        InvalidWeight = -7,
        InvalidDecay = 0.5,
    };

    private static readonly GossipScoring Scoring = new() { TopicCap = 1000 };

    [Test]
    public void TimeInTheMeshCountsInQuantaUpToACap()
    {
        PeerScores scores = Make();
        scores.Graft(Peer, Topic, TimeSpan.Zero);
        Assert.That(scores.Of(Peer), Is.Zero);
        scores.Refresh(TimeSpan.FromSeconds(5));
        Assert.That(scores.PartsOf(Peer).MeshTime, Is.EqualTo(2 * 2), "two quanta, weight 2");
        scores.Refresh(TimeSpan.FromSeconds(9));
        Assert.That(scores.PartsOf(Peer).MeshTime, Is.EqualTo(2 * 4));
        scores.Refresh(TimeSpan.FromSeconds(100));
        Assert.That(scores.PartsOf(Peer).MeshTime, Is.EqualTo(2 * 5));
        scores.Prune(Peer, Topic);
        Assert.That(scores.PartsOf(Peer).MeshTime, Is.Zero);
    }

    [Test]
    public void FirstDeliveriesCountUpToACapAndDecay()
    {
        PeerScores scores = Make();
        for (int i = 1; i <= 6; i++)
        {
            scores.FirstDelivery(Peer, Topic);
            Assert.That(scores.PartsOf(Peer).FirstDeliveries, Is.EqualTo(6 * Math.Min(i, 4)));
        }

        scores.Refresh(TimeSpan.FromSeconds(2));
        Assert.That(scores.PartsOf(Peer).FirstDeliveries, Is.EqualTo(6), "4, halved twice");
        scores.Refresh(TimeSpan.FromSeconds(8));
        Assert.That(scores.PartsOf(Peer).FirstDeliveries, Is.EqualTo(6.0 / 64));
        scores.Refresh(TimeSpan.FromSeconds(9));
        Assert.That(scores.PartsOf(Peer).FirstDeliveries, Is.Zero, "below a hundredth is nothing");
    }

    [Test]
    public void AMeshPeerThatDeliversTooLittleLosesTheSquareAfterItsTime()
    {
        PeerScores scores = Make();
        scores.Graft(Peer, Topic, TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromSeconds(10));
        Assert.That(scores.PartsOf(Peer).MeshDeliveries, Is.Zero, "not active yet");
        scores.Refresh(TimeSpan.FromSeconds(11));
        Assert.That(scores.PartsOf(Peer).MeshDeliveries, Is.EqualTo(2 * -16));
        scores.MeshDelivery(Peer, Topic);
        Assert.That(scores.PartsOf(Peer).MeshDeliveries, Is.EqualTo(2 * -9));
        scores.FirstDelivery(Peer, Topic);
        scores.MeshDelivery(Peer, Topic);
        scores.MeshDelivery(Peer, Topic);
        Assert.That(scores.PartsOf(Peer).MeshDeliveries, Is.Zero, "enough is enough");
    }

    [Test]
    public void DeliveriesOutsideTheMeshDoNotCountForIt()
    {
        PeerScores scores = Make();
        for (int i = 0; i < 8; i++)
        {
            scores.MeshDelivery(Peer, Topic);
        }

        scores.Graft(Peer, Topic, TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromSeconds(11));
        Assert.That(scores.PartsOf(Peer).MeshDeliveries, Is.EqualTo(2 * -16));
    }

    [Test]
    public void ADeficitSticksWhenThePeerLeavesTheMesh()
    {
        PeerScores scores = Make();
        scores.Graft(Peer, Topic, TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromSeconds(11));
        scores.MeshDelivery(Peer, Topic);
        scores.Prune(Peer, Topic);
        Assert.That((scores.PartsOf(Peer).MeshDeliveries, scores.PartsOf(Peer).MeshFailures), Is.EqualTo((0.0, 2 * -0.5 * 9)));
        scores.Prune(Peer, Topic);
        Assert.That(scores.PartsOf(Peer).MeshFailures, Is.EqualTo(-9), "once");
        scores.Refresh(TimeSpan.FromSeconds(12));
        Assert.That(scores.PartsOf(Peer).MeshFailures, Is.EqualTo(-4.5));
    }

    [Test]
    public void InvalidMessagesCountSquaredAndDecay()
    {
        PeerScores scores = Make();
        scores.Invalid(Peer, Topic);
        Assert.That(scores.Of(Peer), Is.EqualTo(-14));
        scores.Invalid(Peer, Topic);
        scores.Invalid(Peer, Topic);
        Assert.That(scores.Of(Peer), Is.EqualTo(-14 * 9));
        scores.Refresh(TimeSpan.FromSeconds(1));
        Assert.That(scores.Of(Peer), Is.EqualTo(-14 * 2.25));
    }

    [Test]
    public void TheApplicationsScoreIsAskedForAndCapped()
    {
        double score = 30;
        PeerScores scores = Make(Scoring with { ApplicationScore = _ => score, ApplicationWeight = 2, ApplicationCap = 100 });
        Assert.That(scores.Of(Peer), Is.EqualTo(60));
        score = 80;
        Assert.That(scores.Of(Peer), Is.EqualTo(60), "only at each heartbeat");
        scores.Refresh(TimeSpan.FromSeconds(1));
        Assert.That(scores.Of(Peer), Is.EqualTo(100));
        score = -1000;
        scores.Refresh(TimeSpan.FromSeconds(2));
        Assert.That(scores.Of(Peer), Is.EqualTo(-2000), "there is no cap downwards");
        score = double.NaN;
        scores.Refresh(TimeSpan.FromSeconds(3));
        Assert.That(scores.Of(Peer), Is.Zero);
    }

    [Test]
    public void ManyPeersAtOneAddressLoseTheSquareOfTheSurplus()
    {
        PeerScores scores = new(Scoring with { ColocationThreshold = 2, ColocationWeight = -5 }, 10);
        Add(scores, 1, "9.8.7.6");
        Add(scores, 2, "9.8.7.6");
        Add(scores, 3, "9.8.7.7");
        Assert.That(scores.Of(GossipIds.Peer(1)), Is.Zero);
        Add(scores, 4, "9.8.7.6");
        Add(scores, 5, "::ffff:9.8.7.6");
        Assert.That(scores.Of(GossipIds.Peer(1)), Is.EqualTo(-5 * 4));
        Assert.That(scores.Of(GossipIds.Peer(3)), Is.Zero);
        scores.Remove(GossipIds.Peer(4), TimeSpan.Zero);
        scores.Remove(GossipIds.Peer(5), TimeSpan.Zero);
        Assert.That(scores.Of(GossipIds.Peer(1)), Is.Zero);
    }

    [Test]
    public void AddressesOfVersionSixCountByTheirNetwork()
    {
        PeerScores scores = new(Scoring with { ColocationThreshold = 1, ColocationWeight = -5 }, 10);
        Add(scores, 1, "2001:db8:1:2::1");
        Add(scores, 2, "2001:db8:1:2:ffff::1");
        Add(scores, 3, "2001:db8:1:3::1");
        Assert.That((scores.Of(GossipIds.Peer(1)), scores.Of(GossipIds.Peer(3))), Is.EqualTo((-5.0, 0.0)));
    }

    [TestCase("127.0.0.9")]
    [TestCase("::1")]
    [TestCase(null)]
    public void ExemptAddressesDoNotCount(string? address)
    {
        PeerScores scores = new(Scoring with { ColocationThreshold = 1 }, 100);
        for (int i = 1; i <= 50; i++)
        {
            Add(scores, i, address);
        }

        Assert.That(scores.Of(GossipIds.Peer(1)), Is.Zero);
    }

    [Test]
    public void MisbehaviourCountsSquaredAboveItsThresholdAndDecays()
    {
        PeerScores scores = Make(Scoring with { BehaviourThreshold = 2, BehaviourWeight = -10, BehaviourDecay = 0.5 });
        scores.Misbehaved(Peer, 2);
        Assert.That(scores.Of(Peer), Is.Zero);
        scores.Misbehaved(Peer, 3);
        Assert.That(scores.Of(Peer), Is.EqualTo(-90));
        scores.Refresh(TimeSpan.FromSeconds(1));
        Assert.That(scores.Of(Peer), Is.EqualTo(-10 * 0.25));
    }

    [Test]
    public void WhatIsGoodAboutTopicsIsCappedWhatIsBadIsNot()
    {
        PeerScores scores = Make(Scoring with { TopicCap = 10 });
        for (int i = 0; i < 4; i++)
        {
            scores.FirstDelivery(Peer, Topic);
        }

        Assert.That(scores.Of(Peer), Is.EqualTo(10));
        scores.Invalid(Peer, Topic);
        scores.Invalid(Peer, Topic);
        Assert.That(scores.Of(Peer), Is.EqualTo(24 - 56));
    }

    [Test]
    public void TopicsThatAreNotKnownDoNotCount()
    {
        PeerScores scores = Make();
        scores.Invalid(Peer, "other");
        scores.FirstDelivery(Peer, "other");
        Assert.That(scores.Of(Peer), Is.Zero);
    }

    [Test]
    public void AScoreStandsStillWhileThePeerIsGoneAndIsForgottenInTheEnd()
    {
        PeerScores scores = Make(Scoring with { Retention = TimeSpan.FromSeconds(100) });
        scores.Invalid(Peer, Topic);
        scores.Remove(Peer, TimeSpan.Zero);
        scores.Refresh(TimeSpan.FromSeconds(50));
        Assert.That((scores.Of(Peer), scores.Retained), Is.EqualTo((-14.0, 1)));
        Add(scores, 1, null);
        Assert.That((scores.Of(Peer), scores.Retained), Is.EqualTo((-14.0, 0)), "it is back with what it had");
        scores.Remove(Peer, TimeSpan.FromSeconds(50));
        scores.Refresh(TimeSpan.FromSeconds(151));
        Assert.That((scores.Of(Peer), scores.Retained), Is.EqualTo((0.0, 0)));
    }

    [Test]
    public void RetainedScoresAreBoundedAndTheBadOnesStay()
    {
        PeerScores scores = new(Scoring, 5);
        scores.SetTopic(Topic, Plain);
        for (int i = 1; i <= 3; i++)
        {
            Add(scores, i, null);
            scores.Invalid(GossipIds.Peer(i), Topic);
            scores.Remove(GossipIds.Peer(i), TimeSpan.FromSeconds(i));
        }

        for (int i = 10; i < 100; i++)
        {
            Add(scores, i, null);
            scores.FirstDelivery(GossipIds.Peer(i), Topic);
            scores.Remove(GossipIds.Peer(i), TimeSpan.FromSeconds(i));
        }

        Assert.That(scores.Retained, Is.EqualTo(5));
        Assert.That(new[] { 1, 2, 3 }.Select(number => scores.Of(GossipIds.Peer(number))), Is.All.LessThan(0));
        Assert.That(scores.Of(GossipIds.Peer(99)), Is.Positive, "of the good ones the youngest");
    }

    [Test]
    public void AClockThatJumpsDecaysWithoutEnd()
    {
        PeerScores scores = Make();
        scores.Invalid(Peer, Topic);
        scores.Refresh(TimeSpan.FromDays(1000));
        Assert.That(scores.Of(Peer), Is.Zero);
        scores.Invalid(Peer, Topic);
        scores.Refresh(TimeSpan.FromDays(1000) + TimeSpan.FromSeconds(1));
        Assert.That(scores.Of(Peer), Is.EqualTo(-3.5));
    }

    [Test]
    public void NearFirstDeliveriesCountWithinTheWindow()
    {
        GossipTopicScore score = new() { MeshDeliveryWeight = -1, MeshDeliveryThreshold = 3, MeshDeliveryActivation = TimeSpan.Zero };
        TestRouter test = TestRouter.WithPeers(4, topic: new GossipTopicOptions { Score = score });
        test.Beat();
        GossipMessageId id = test.Send(1, 1);
        test.Send(2, 1);
        test.Send(2, 1);
        test.Router.Judge(id, GossipVerdict.Accept);
        test.Clock.Now += TimeSpan.FromMilliseconds(10);
        test.Send(3, 1);
        test.Clock.Now += TimeSpan.FromMilliseconds(1);
        test.Send(4, 1);
        test.Router.State.Scores.Refresh(test.Clock.Now);
        double[] parts = [.. Enumerable.Range(1, 4).Select(number => test.Router.State.Scores.PartsOf(GossipIds.Peer(number)).MeshDeliveries)];
        Assert.That(parts, Is.EqualTo(new[] { -4.0, -4.0, -4.0, -9.0 }));
    }

    [TestCase(0.0)]
    [TestCase(1.0)]
    [TestCase(double.NaN)]
    public void DecaysAreChecked(double decay)
    {
        Assert.That(new GossipTopicScore { InvalidDecay = decay }.Validate().IsValid, Is.False);
        Assert.That(new GossipScoring { BehaviourDecay = decay }.Validate().IsValid, Is.False);
    }

    [Test]
    public void OptionsThatMakeNoSenseAreRefused()
    {
        GossipOptions good = new();
        GossipScoring scoring = good.Scoring;
        GossipLimits limits = good.Limits;
        MessageRate shortBurst = new(TokenRate.PerSecond(1, 1), TokenRate.PerSecond(1000, 1000));
        Assert.That(good.Validate().IsValid && new GossipTopicOptions().Validate().IsValid, Is.True);
        ValidationResult[] bad =
        [
            (good with { Degree = 3 }).Validate(),
            (good with { DegreeHigh = 5 }).Validate(),
            (good with { DegreeScore = 7 }).Validate(),
            (good with { DegreeOut = 4 }).Validate(),
            (good with { DegreeLow = 2 }).Validate(),
            (good with { GossipFactor = 1.1 }).Validate(),
            (good with { GossipFactor = double.NaN }).Validate(),
            (good with { GossipHeartbeats = 6 }).Validate(),
            (good with { Heartbeat = TimeSpan.Zero }).Validate(),
            (good with { SignaturePolicy = (GossipSignaturePolicy)9 }).Validate(),
            (good with { Limits = limits with { MaxRpcBytes = 100 } }).Validate(),
            new NetworkOptions { Guards = new GuardOptions { Messages = new MessageBudgetOptions { Gossip = shortBurst } } }.Validate(),
            (good with { Limits = limits with { InboxMessages = 0 } }).Validate(),
            (good with { Scoring = scoring with { GossipThreshold = 0 } }).Validate(),
            (good with { Scoring = scoring with { PublishThreshold = -50 } }).Validate(),
            (good with { Scoring = scoring with { GraylistThreshold = -200 } }).Validate(),
            (good with { Scoring = scoring with { AcceptExchangeThreshold = -1 } }).Validate(),
            (good with { Scoring = scoring with { ColocationWeight = 1 } }).Validate(),
            (good with { Scoring = scoring with { TopicCap = double.PositiveInfinity } }).Validate(),
            new GossipTopicScore { InvalidWeight = 1 }.Validate(),
            new GossipTopicScore { FirstDeliveryWeight = -1 }.Validate(),
            new GossipTopicScore { MeshDeliveryCap = 5 }.Validate(),
            new GossipTopicScore { MeshTimeQuantum = TimeSpan.Zero }.Validate(),
            new GossipTopicOptions { MaxMessageBytes = 0 }.Validate(),
            new GossipTopicOptions { InboxBytes = 0 }.Validate(),
        ];
        Assert.That(bad.Select(static result => result.Code), Is.All.EqualTo(ValidationCode.OutOfRange));
    }

    private static PeerScores Make(GossipScoring? scoring = null)
    {
        PeerScores scores = new(scoring ?? Scoring, 10);
        scores.SetTopic(Topic, Plain);
        scores.Add(Peer, null);
        return scores;
    }

    private static void Add(PeerScores scores, int number, string? address) =>
        scores.Add(GossipIds.Peer(number), address is null ? null : IPAddress.Parse(address));
}
