using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Gossip.Support;

namespace PoUW.Network.Tests.Gossip;

/// <summary>What becomes of messages, and what is done about those who send them.</summary>
[TestFixture]
internal sealed class RouterMessageTests
{
    [Test]
    public void AnAcceptedMessageGoesToTheMeshButNotToWhoHasIt()
    {
        TestRouter test = TestRouter.WithPeers(4);
        test.Beat();
        GossipMessageId id = test.Send(1, 1);
        test.Send(2, 1);
        RouterOutput pending = test.Router.TakeOutput();
        Assert.That(pending.Pending.Select(static item => (item.Peer, item.Id)), Is.EqualTo(new[] { (GossipIds.Peer(1), id) }), "once");
        Assert.That(pending.Rpcs, Is.Empty, "not before the verdict");
        test.Router.Judge(id, GossipVerdict.Accept);
        Assert.That(test.Router.TakeOutput().Rpcs.Keys, Is.EqualTo(new[] { GossipIds.Peer(3), GossipIds.Peer(4) }));
        test.Router.Judge(id, GossipVerdict.Accept);
        test.Send(3, 1);
        Assert.That(test.Router.TakeOutput().Rpcs, Is.Empty, "neither a second verdict nor a copy changes anything");
        Assert.That((test.Counters.Accepted, test.Counters.Duplicates), Is.EqualTo((1, 2)));
    }

    [TestCase(GossipVerdict.Reject)]
    [TestCase(GossipVerdict.Ignore)]
    public void OtherMessagesGoNowhereAndStaySeen(GossipVerdict verdict)
    {
        TestRouter test = TestRouter.WithPeers(3);
        test.Beat();
        GossipMessageId id = test.Send(1, 1);
        test.Router.TakeOutput();
        test.Router.Judge(id, verdict);
        test.Send(2, 1);
        test.Receive(3, new GossipRpc { IWant = [id] });
        RouterOutput output = test.Router.TakeOutput();
        Assert.That((output.Rpcs.Count, output.Pending.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void EverySenderOfARejectedMessageIsCharged()
    {
        TestRouter test = TestRouter.WithPeers(5);
        GossipMessageId id = test.Send(1, 1);
        test.Send(2, 1);
        test.Router.Judge(id, GossipVerdict.Reject);
        test.Send(3, 1);
        test.Send(3, 1);
        Assert.Multiple(() =>
        {
            Assert.That(test.Score(1), Is.EqualTo(-20));
            Assert.That(test.Score(2), Is.EqualTo(-20));
            Assert.That(test.Score(3), Is.EqualTo(-80), "each copy counts");
            Assert.That(test.Score(4), Is.Zero);
        });
    }

    [Test]
    public void IgnoredMessagesChargeNobody()
    {
        TestRouter test = TestRouter.WithPeers(2);
        GossipMessageId id = test.Send(1, 1);
        test.Router.Judge(id, GossipVerdict.Ignore);
        test.Send(2, 1);
        Assert.That((test.Score(1), test.Score(2)), Is.EqualTo((0.0, 0.0)));
    }

    [Test]
    public void ADroppedMessageMayComeAgain()
    {
        TestRouter test = TestRouter.WithPeers(2);
        GossipMessageId id = test.Send(1, 1);
        test.Router.Drop(id);
        test.Router.TakeOutput();
        test.Router.Judge(id, GossipVerdict.Accept);
        Assert.That(test.Counters.Accepted, Is.Zero);
        test.Send(2, 1);
        Assert.That(test.Router.TakeOutput().Pending.Single().Peer, Is.EqualTo(GossipIds.Peer(2)));
        Assert.That(test.Counters.DroppedInbound, Is.EqualTo(1));
    }

    /// <summary>The first sender has no share left, say: that is no reason to ignore what others send.</summary>
    [Test]
    public void AfterARefusalOfTheSenderTheCopyOfTheNextOneIsJudged()
    {
        TestRouter test = TestRouter.WithPeers(3);
        GossipMessageId id = test.Send(1, 1);
        test.Send(2, 1);
        test.Router.TakeOutput();
        test.Router.Judge(id, GossipOutcome.RefuseSender);
        Assert.That(test.Router.TakeOutput().Pending.Select(static item => (item.Peer, item.Id)), Is.EqualTo(new[] { (GossipIds.Peer(2), id) }));
        test.Router.Judge(id, GossipOutcome.RefuseSender);
        Assert.That(test.Router.TakeOutput().Pending, Is.Empty);
        test.Send(3, 1);
        Assert.That(test.Router.TakeOutput().Pending.Single().Peer, Is.EqualTo(GossipIds.Peer(3)), "it may come again");
        test.Router.Judge(id, GossipVerdict.Accept);
        Assert.That((test.Counters.Accepted, test.Score(1), test.Score(2)), Is.EqualTo((1, 0.0, 0.0)));
    }

    [Test]
    public void MessagesAreForgottenAfterTheirTime()
    {
        TestRouter test = TestRouter.WithPeers(1);
        test.SendAndJudge(1, 1, GossipVerdict.Ignore);
        test.Beat(120);
        Assert.That(test.Router.State.Seen.Count, Is.EqualTo(1));
        test.Beat();
        Assert.That(test.Router.State.Seen.Count, Is.Zero);
        test.Send(1, 1);
        Assert.That(test.Router.TakeOutput().Pending, Has.Count.EqualTo(1));
    }

    [Test]
    public void SeenMessagesAreBoundedTheOldestFirst()
    {
        TestRouter test = TestRouter.WithPeers(1, new GossipOptions { Limits = new GossipLimits { SeenMessages = 10 } });
        for (int i = 0; i < 50; i++)
        {
            test.SendAndJudge(1, i, GossipVerdict.Ignore);
        }

        Assert.That(test.Router.State.Seen.Count, Is.EqualTo(10));
        test.Router.TakeOutput();
        test.Send(1, 45);
        test.Send(1, 5);
        Assert.That(test.Router.TakeOutput().Pending, Has.Count.EqualTo(1));
    }

    [Test]
    public void TooLongMessagesAreInvalidUnread()
    {
        TestRouter test = TestRouter.WithPeers(1, topic: new GossipTopicOptions { MaxMessageBytes = 100 });
        test.Send(1, 1, length: 101);
        Assert.That((test.Router.TakeOutput().Pending.Count, test.Counters.InvalidEnvelopes), Is.EqualTo((0, 1)));
        Assert.That(test.Score(1), Is.EqualTo(-20));
        test.Send(1, 1, length: 100);
        Assert.That(test.Router.TakeOutput().Pending, Has.Count.EqualTo(1));
    }

    [Test]
    public void TopicsWithoutSubscriptionAreIgnored()
    {
        TestRouter test = TestRouter.WithPeers(1);
        test.Receive(1, new GossipRpc { Messages = [GossipIds.Message("other", 1)] });
        Assert.That((test.Router.TakeOutput().Pending.Count, test.Counters.Unsubscribed, test.Score(1)), Is.EqualTo((0, 1, 0.0)));
    }

    [TestCase(true, false, false, false)]
    [TestCase(false, true, false, false)]
    [TestCase(false, false, true, false)]
    [TestCase(false, false, false, true)]
    public void AnythingOfAnAuthorIsInvalidWithoutSignatures(bool author, bool sequence, bool signature, bool key)
    {
        TestRouter test = TestRouter.WithPeers(1);
        byte[]? Some(bool isThere) => isThere ? [] : null;
        GossipMessage message = new(TestRouter.Topic, [1], Some(author), Some(sequence), Some(signature), Some(key));
        test.Receive(1, new GossipRpc { Messages = [message] });
        Assert.That((test.Counters.InvalidEnvelopes, test.Score(1)), Is.EqualTo((1, -20.0)));
    }

    [Test]
    public void SignedMessagesAreTakenOnceVerified()
    {
        TestRouter test = TestRouter.WithPeers(2, new GossipOptions { SignaturePolicy = GossipSignaturePolicy.StrictSign });
        byte[] author = GossipIds.Peer(9).Bytes.ToArray();
        GossipMessage Make(bool isVerified, byte[] by) => new(TestRouter.Topic, [1], by, [1], [1]) { IsVerified = isVerified };
        test.Receive(1, new GossipRpc { Messages = [Make(false, author)] });
        Assert.That((test.Router.TakeOutput().Pending.Count, test.Score(1)), Is.EqualTo((0, -20.0)));
        test.Receive(2, new GossipRpc { Messages = [Make(true, author)] });
        Assert.That(test.Router.TakeOutput().Pending, Has.Count.EqualTo(1), "a forged copy has not taken its place");
        test.Receive(1, new GossipRpc { Messages = [new GossipMessage(TestRouter.Topic, [1])] });
        Assert.That(test.Score(1), Is.EqualTo(-80), "unsigned");
        test.Receive(2, new GossipRpc { Messages = [Make(true, GossipIds.Peer(0).Bytes.ToArray())] });
        Assert.That((test.Router.TakeOutput().Pending.Count, test.Score(2)), Is.EqualTo((0, 0.0)), "an own message that comes back");
    }

    [Test]
    public void AnAuthorIsNotSentItsOwnMessage()
    {
        TestRouter test = TestRouter.WithPeers(3, new GossipOptions { SignaturePolicy = GossipSignaturePolicy.StrictSign });
        test.Beat();
        GossipMessage message = new(TestRouter.Topic, [1], GossipIds.Peer(3).Bytes.ToArray(), [1], [1]) { IsVerified = true };
        test.Receive(1, new GossipRpc { Messages = [message] });
        test.Router.Judge(test.Router.TakeOutput().Pending[0].Id, GossipVerdict.Accept);
        Assert.That(test.Router.TakeOutput().Rpcs.Keys, Is.EqualTo(new[] { GossipIds.Peer(2) }));
    }

    [TestCase(0)]
    [TestCase(65)]
    public void IdsThatAreNoneMakeAMessageInvalid(int length)
    {
        TestRouter test = TestRouter.WithPeers(1, new GossipOptions { MessageId = _ => new GossipMessageId(new byte[length]) });
        test.Send(1, 1);
        Assert.That((test.Router.TakeOutput().Pending.Count, test.Counters.InvalidEnvelopes), Is.EqualTo((0, 1)));
    }

    [Test]
    public void OwnMessagesGoToAllPeersOrToTheMesh()
    {
        TestRouter flood = TestRouter.WithPeers(20);
        flood.Beat();
        Assert.That(flood.Router.Publish(GossipIds.Message(TestRouter.Topic, 1)), Is.EqualTo(20));
        TestRouter mesh = TestRouter.WithPeers(20, new GossipOptions { FloodPublish = false });
        mesh.Beat();
        Assert.That(mesh.Router.Publish(GossipIds.Message(TestRouter.Topic, 1)), Is.EqualTo(6));
        Assert.That(mesh.Router.TakeOutput().Rpcs.Keys, Is.EqualTo(mesh.Mesh));
        Assert.That(mesh.Router.Publish(GossipIds.Message(TestRouter.Topic, 1)), Is.Zero, "known already");
    }

    [Test]
    public void AMeshThatHasNotFormedDoesNotHoldAMessageUp()
    {
        TestRouter test = TestRouter.WithPeers(20, new GossipOptions { FloodPublish = false });
        Assert.That(test.Router.Publish(GossipIds.Message(TestRouter.Topic, 1)), Is.EqualTo(6));
    }

    [Test]
    public void PeersBelowThePublishThresholdGetNoOwnMessages()
    {
        TestRouter test = TestRouter.WithPeers(2);
        for (int i = 0; i < 4; i++)
        {
            test.SendAndJudge(1, i, GossipVerdict.Reject);
        }

        Assert.That(test.Score(1), Is.LessThan(test.Options.Scoring.PublishThreshold).And.GreaterThan(test.Options.Scoring.GraylistThreshold));
        Assert.That(test.Router.Publish(GossipIds.Message(TestRouter.Topic, 100)), Is.EqualTo(1));
        Assert.That(test.Router.Admits(GossipIds.Peer(1), 1), Is.True, "but is still heard");
    }

    [Test]
    public void GraylistedPeersAreNotHeardAndReportedWhileTheyGoOn()
    {
        TestRouter test = TestRouter.WithPeers(1);
        for (int i = 0; i < 5; i++)
        {
            test.SendAndJudge(1, i, GossipVerdict.Reject);
        }

        Assert.That(test.Router.Admits(GossipIds.Peer(1), 1), Is.False);
        Assert.That(test.Beat().Faults.Select(static fault => fault.Peer), Is.EqualTo(new[] { GossipIds.Peer(1) }));
        Assert.That(test.Beat().Faults, Is.Empty, "it was silent");
        test.Router.Admits(GossipIds.Peer(1), 1);
        Assert.That(test.Beat().Faults, Has.Count.EqualTo(1));
        Assert.That(test.Counters.RpcsGraylisted, Is.EqualTo(2));
    }

    /// <summary>A slashed account, or neighbours behind one address: nothing that the peer does is a fault.</summary>
    [Test]
    public void WhoIsGraylistedForWhatItIsHasNoFault()
    {
        GossipScoring scoring = new() { ApplicationScore = static peer => peer == GossipIds.Peer(1) ? -1000 : 0, ColocationThreshold = 1, ColocationWeight = -500 };
        TestRouter test = TestRouter.WithPeers(1, new GossipOptions { Scoring = scoring });
        test.AddPeer(2, address: "10.0.0.1");
        test.AddPeer(3, address: "10.0.0.1");
        test.SendAndJudge(1, 1, GossipVerdict.Reject);
        for (int beat = 0; beat < 5; beat++)
        {
            Assert.That(Enumerable.Range(1, 3).Select(number => test.Router.Admits(GossipIds.Peer(number), 1)), Is.All.False);
            Assert.That(test.Beat().Faults, Is.Empty);
        }

        Assert.That(test.Counters.RpcsGraylisted, Is.EqualTo(15), "but none is heard");
    }

    [Test]
    public void PromisesThatTheGraylistKeepsFromBeingKeptAreNotBroken()
    {
        double points = 0;
        TestRouter test = TestRouter.WithPeers(1, new GossipOptions { Scoring = new GossipScoring { ApplicationScore = _ => points } });
        test.Receive(1, new GossipRpc { IHave = [new GossipIHave(TestRouter.Topic, [GossipIds.MessageId(1)])] });
        Assert.That(test.Router.State.Promises.Count, Is.EqualTo(1));
        points = -1000;
        test.Beat();
        test.Router.Admits(GossipIds.Peer(1), 1);
        test.Beat(5);
        Assert.That((test.Counters.BrokenPromises, test.Counters.RpcsGraylisted), Is.EqualTo((0, 1)));
    }

    /// <summary>A flood of messages that find no room must not push out what was really seen.</summary>
    [Test]
    public void DroppedMessagesAreForgottenAltogether()
    {
        TestRouter test = TestRouter.WithPeers(1, new GossipOptions { Limits = new GossipLimits { SeenMessages = 10 } });
        GossipMessageId kept = test.Send(1, 0);
        test.Router.Judge(kept, GossipVerdict.Accept);
        for (int i = 1; i <= 50; i++)
        {
            test.Router.Drop(test.Send(1, i));
        }

        test.Send(1, 0);
        Assert.That((test.Counters.Duplicates, test.Counters.DroppedInbound, test.Router.State.Seen.Count), Is.EqualTo((1, 50, 1)));
    }

    [Test]
    public void StrangersAreNotHeard()
    {
        TestRouter test = TestRouter.WithPeers(1);
        Assert.That(test.Router.Admits(GossipIds.Peer(77), 1), Is.False);
        test.Send(77, 1);
        Assert.That(test.Router.TakeOutput().Pending, Is.Empty);
    }

    [Test]
    public void MessagesBeyondTheBudgetAreDroppedUnhashedAndCount()
    {
        TestRouter test = TestRouter.WithPeers(1, budget: Budget(messages: TokenRate.PerSecond(10, 20)));
        for (int i = 0; i < 100; i++)
        {
            test.Send(1, i);
        }

        Assert.That(test.Router.TakeOutput().Pending, Has.Count.EqualTo(20));
        Assert.That(test.Router.State.Seen.Count, Is.EqualTo(20), "the rest may come from others");
        test.Beat();
        Assert.That(test.Router.State.Scores.MisbehaviourOf(GossipIds.Peer(1)), Is.GreaterThan(0.9));
        for (int i = 100; i < 200; i++)
        {
            test.Send(1, i);
        }

        Assert.That(test.Router.TakeOutput().Pending, Has.Count.EqualTo(10));
    }

    [Test]
    public void BytesBeyondTheBudgetAreDroppedUndecoded()
    {
        TestRouter test = TestRouter.WithPeers(2, budget: Budget(bytes: TokenRate.PerSecond(4096, 8192)));
        bool[] admitted = [.. Enumerable.Range(0, 4).Select(_ => test.Router.Admits(GossipIds.Peer(1), 4096))];
        Assert.That(admitted, Is.EqualTo(new[] { true, true, false, false }));
        Assert.That(test.Router.Admits(GossipIds.Peer(2), 4096), Is.True, "budgets are each peer's own");
        test.Beat();
        Assert.That(test.Router.Admits(GossipIds.Peer(1), 4096), Is.True);
    }

    [Test]
    public void ANewConnectionIsNoNewBudget()
    {
        TestRouter test = TestRouter.WithPeers(1, budget: Budget(bytes: TokenRate.PerSecond(4096, 8192)));
        Assert.That(test.Router.Admits(GossipIds.Peer(1), 8192), Is.True);
        test.Router.RemovePeer(GossipIds.Peer(1));
        test.AddPeer(1);
        Assert.That(test.Router.Admits(GossipIds.Peer(1), 1), Is.False);
    }

    /// <summary>RPCs without a message cost something, too, and who sends them without end ends on the graylist.</summary>
    [TestCase("empty")]
    [TestCase("subscription")]
    [TestCase("ihave")]
    [TestCase("iwant")]
    [TestCase("idontwant")]
    [TestCase("graft")]
    public void UselessControlHasABudget(string kind)
    {
        TestRouter test = TestRouter.WithPeers(2);
        GossipMessageId id = test.Send(2, 1);
        test.Router.Judge(id, GossipVerdict.Accept);
        GossipRpc rpc = kind switch
        {
            "subscription" => new GossipRpc { Subscriptions = [new GossipSubscription(TestRouter.Topic, true)] },
            "ihave" => new GossipRpc { IHave = [new GossipIHave(TestRouter.Topic, [id])] },
            "iwant" => new GossipRpc { IWant = [GossipIds.MessageId(77)] },
            "idontwant" => new GossipRpc { IDontWant = [GossipIds.MessageId(77)] },
            "graft" => new GossipRpc { Graft = ["unknown"] },
            _ => new GossipRpc(),
        };
        int beats = 0;
        for (; beats < 60 && test.Router.Admits(GossipIds.Peer(1), 10); beats++)
        {
            for (int i = 0; i < 1_000; i++)
            {
                test.Receive(1, rpc);
            }

            test.Beat();
        }

        Assert.That(beats, Is.InRange(5, 30));
        Assert.That(test.Counters.OverBudget, Is.GreaterThan(1_000));
    }

    /// <summary>As an honest peer does it: a thousand messages a second, each with its IDONTWANT in an RPC of its own, and the upkeep of a heartbeat.</summary>
    [Test]
    public void ABusyHonestPeerStaysWithinItsBudget()
    {
        TestRouter test = TestRouter.WithPeers(1);
        for (int beat = 0; beat < 5; beat++)
        {
            for (int i = 0; i < 1_000; i++)
            {
                int number = (beat * 1_000) + i;
                Assert.That(test.Router.Admits(GossipIds.Peer(1), 2_000), Is.True);
                test.Receive(1, new GossipRpc { IDontWant = [GossipIds.MessageId(number)] });
                test.Send(1, number);
            }

            for (int i = 0; i < 20; i++)
            {
                test.Receive(1, new GossipRpc { IHave = [new GossipIHave(TestRouter.Topic, [GossipIds.MessageId(-1 - beat)])] });
            }

            test.Beat();
        }

        Assert.That(test.Counters.OverBudget, Is.Zero);
    }

    [Test]
    public void AnInvalidFloodIsGraylistedAtOnce()
    {
        TestRouter test = TestRouter.WithPeers(1);
        int heard = 0;
        for (int i = 0; i < 10_000 && test.Router.Admits(GossipIds.Peer(1), 100); i++, heard++)
        {
            test.SendAndJudge(1, i, GossipVerdict.Reject);
        }

        Assert.That(heard, Is.LessThan(10));
    }

    [Test]
    public void TheSameSeedGivesTheSameChoices()
    {
        PeerId[] Choose(ulong seed)
        {
            TestRouter test = new(seed: seed);
            test.Router.Subscribe(TestRouter.Topic, new GossipTopicOptions());
            for (int i = 1; i <= 40; i++)
            {
                test.AddPeer(i);
            }

            test.Beat();
            return [.. test.Mesh];
        }

        Assert.That(Choose(1), Is.EqualTo(Choose(1)));
        Assert.That(Choose(1), Is.Not.EqualTo(Choose(2)));
    }

    private static MessageBudgetOptions Budget(TokenRate? messages = null, TokenRate? bytes = null)
    {
        MessageBudgetOptions usual = new();
        return usual with { Gossip = new MessageRate(messages ?? usual.Gossip.Messages, bytes ?? usual.Gossip.Bytes) };
    }
}
