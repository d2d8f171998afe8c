using System.Text;
using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Gossip;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Tests.Gossip.Support;
using PoUW.Network.Tests.Hosting;

namespace PoUW.Network.Tests.Gossip;

/// <summary>Peers that violate the protocol, over real hosts: what they cost, and whom.</summary>
[TestFixture]
internal sealed class GossipSpamTests
{
    private static GossipVerdict NoSpam(string text) => text.StartsWith("spam", StringComparison.Ordinal) ? GossipVerdict.Reject : GossipVerdict.Accept;

    [Test]
    public void AFlooderOfInvalidMessagesIsGraylistedAndBannedAndNobodyElseNotices()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host victim, GossipSub gossip) = await world.StartAsync(0, judge: NoSpam);
            (Host honest, GossipSub other) = await world.StartAsync(1, judge: NoSpam);
            await honest.DialAsync(HostWorld.AddressOf(0));
            RawGossipPeer flooder = await RawGossipPeer.ConnectAsync(world, 2, 0);
            await flooder.SubscribeAsync();
            await world.Delay(2);
            TimeSpan start = world.Hosts.World.Time.Now;
            TimeSpan? graylisted = null, banned = null;
            for (int step = 0; step < 500 && banned is null; step++)
            {
                // 100 messages every 10 ms.
                GossipMessage[] spam = [.. Enumerable.Range(0, 100).Select(i => new GossipMessage(GossipWorld.Topic, Encoding.ASCII.GetBytes($"spam {step} {i}")))];
                await flooder.TrySendAsync(GossipRpcCodec.EncodeDelimited(new GossipRpc { Messages = spam }));
                if (step % 50 == 0)
                {
                    other.Publish(GossipWorld.Topic, GossipWorld.Text($"good {step}"));
                }

                await world.Delay(0.01);
                TimeSpan now = world.Hosts.World.Time.Now - start;
                graylisted ??= gossip.Snapshot().Peers.Any(peer => peer.Peer == flooder.Host.Id && peer.IsGraylisted) ? now : null;
                banned ??= victim.Peers.All(peer => peer.Id != flooder.Host.Id) ? now : null;
            }

            await world.Delay(1);
            Assert.That(graylisted, Is.LessThan(TimeSpan.FromSeconds(1)));
            Assert.That(banned, Is.LessThan(TimeSpan.FromSeconds(5)));
            Assert.That((await flooder.Host.DialAsync(HostWorld.AddressOf(0))).IsConnected, Is.False, "and does not come back");
            Assert.That(gossip.Snapshot().SeenMessages, Is.LessThan(3000));
            string[] good = [.. world.Got[0].Select(static item => item.Text).Where(static text => text.StartsWith("good", StringComparison.Ordinal))];
            Assert.That(good, Has.Length.EqualTo(gossip.Statistics.Accepted));
            Assert.That(good, Is.Not.Empty);
            Assert.That(gossip.Snapshot().Peers.Single().Score.Total, Is.Positive, "the honest one");
        });
    }

    [Test]
    public void MalformedRpcsEndTheStreamAndThenThePeer()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host victim, GossipSub gossip) = await world.StartAsync(0, host: new HostOptions { FaultsBeforeBan = 3 });
            RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, 1, 0);
            byte[][] bad = [[3, 0x0a, 0x05, 1], [2, 0x1a, 0x7f], [0xff, 0xff, 0xff, 0xff, 0x0f]];
            for (int i = 0; i < bad.Length; i++)
            {
                Assert.That(victim.Peers, Has.Count.EqualTo(1), $"before {i}");
                await peer.TrySendAsync(bad[i]);
                await world.Delay(1);
                Assert.That(await peer.TrySendAsync(new byte[] { 0 }), Is.False, "the stream is gone");
            }

            await world.Delay(1);
            Assert.That(victim.Peers, Is.Empty);
            Assert.That(gossip.Statistics.RpcsMalformed, Is.EqualTo(2));
        });
    }

    [Test]
    public void AHalfRpcHoldsNobodyUp()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            await world.StartAsync(0);
            (Host honest, GossipSub other) = await world.StartAsync(1);
            await honest.DialAsync(HostWorld.AddressOf(0));
            RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, 2, 0);
            await peer.SendAsync(new byte[] { 0x80, 0x80, 0x80, 0x01, 1, 2, 3 });
            await world.Delay(3);
            other.Publish(GossipWorld.Topic, GossipWorld.Text("on time"));
            await world.Delay(0.2);
            Assert.That(world.Got[0].Select(static item => item.Text), Is.EqualTo(new[] { "on time" }));
        });
    }

    [Test]
    public void APeerThatNeverReadsLosesItsOwnMessagesOnly()
    {
        GossipWorld world = new();
        GossipOptions options = new() { Limits = new GossipLimits { QueuedMessages = 50, QueuedMessageBytes = 200_000 } };
        world.Run(async () =>
        {
            (_, GossipSub gossip) = await world.StartAsync(0, options);
            (Host honest, _) = await world.StartAsync(1);
            await honest.DialAsync(HostWorld.AddressOf(0));
            RawGossipPeer deaf = await RawGossipPeer.ConnectAsync(world, 2, 0, reads: false);
            await deaf.SubscribeAsync();
            await deaf.SendAsync(new GossipRpc { Graft = [GossipWorld.Topic] });
            await world.Delay(3);
            for (int i = 0; i < 200; i++)
            {
                gossip.Publish(GossipWorld.Topic, GossipWorld.Text($"{i} ".PadRight(10_000)));
                await world.Delay(0.01);
            }

            await world.Delay(2);
            Assert.That(world.Got[1], Has.Count.EqualTo(200));
            GossipPeerSnapshot slow = gossip.Snapshot().Peers.Single(peer => peer.Peer == deaf.Host.Id);
            Assert.That(slow.QueuedMessages, Is.InRange(1, 50));
            Assert.That(gossip.Statistics.DroppedOutbound, Is.GreaterThan(50));
        });
    }

    [Test]
    public void ASlowHandlerStallsNeitherOtherTopicsNorOtherPeers()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            TaskCompletionSource gate = new();
            List<string> handled = [];
            (Host _, GossipSub victim) = await world.StartAsync(0);
            GossipTopicOptions topic = new();
            victim.Subscribe("slow", topic, async (_, data) =>
            {
                string text = Encoding.UTF8.GetString(data.Span);
                if (text.StartsWith("stuck", StringComparison.Ordinal))
                {
                    await gate.Task;
                }

                handled.Add(text);
                return GossipVerdict.Accept;
            });
            RawGossipPeer a = await RawGossipPeer.ConnectAsync(world, 1, 0);
            RawGossipPeer b = await RawGossipPeer.ConnectAsync(world, 2, 0);
            await a.SendAsync(Messages("slow", "stuck 1", "a 2"));
            await a.SendAsync(Messages(GossipWorld.Topic, "other topic"));
            await b.SendAsync(Messages("slow", "b 1"));
            await world.Delay(1);
            Assert.That(handled, Is.EqualTo(new[] { "b 1" }));
            Assert.That(world.Got[0].Select(static item => item.Text), Is.EqualTo(new[] { "other topic" }));
            gate.SetResult();
            await world.Delay(1);
            Assert.That(handled, Is.EqualTo(new[] { "b 1", "stuck 1", "a 2" }), "in the order of arrival");
        });
    }

    [TestCase(5, 1_000_000)]
    [TestCase(1000, 35)]
    public void WhatDoesNotFitIntoAnInboxIsDroppedAndMayComeAgain(int messages, int bytes)
    {
        GossipWorld world = new();
        GossipOptions options = new() { Limits = new GossipLimits { InboxMessages = messages, InboxBytes = bytes } };
        world.Run(async () =>
        {
            TaskCompletionSource gate = new();
            int handled = 0;
            (Host _, GossipSub victim) = await world.StartAsync(0, options);
            victim.Subscribe("slow", new GossipTopicOptions(), async (_, _) =>
            {
                await gate.Task;
                handled++;
                return GossipVerdict.Accept;
            });
            RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, 1, 0);
            string[] texts = [.. Enumerable.Range(10, 20).Select(static i => $"text {i}")];
            await peer.SendAsync(Messages("slow", texts));
            await world.Delay(1);
            long dropped = victim.Statistics.DroppedInbound;
            Assert.That(dropped, Is.InRange(14, 15));
            gate.SetResult();
            await world.Delay(1);
            Assert.That(handled, Is.EqualTo(20 - dropped));
            await peer.SendAsync(Messages("slow", texts[^1]));
            await world.Delay(1);
            Assert.That(handled, Is.EqualTo(21 - dropped));
        });
    }

    /// <summary>The mesh would not send again what did not fit, and nobody else would either.</summary>
    [Test]
    public void NobodyIsToldNotToSendWhatDidNotFitIntoAnInbox()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            TaskCompletionSource gate = new();
            (Host _, GossipSub victim) = await world.StartAsync(0, new GossipOptions { Limits = new GossipLimits { InboxMessages = 2 } });
            victim.Subscribe("slow", new GossipTopicOptions(), async (_, _) =>
            {
                await gate.Task;
                return GossipVerdict.Accept;
            });
            RawGossipPeer sender = await RawGossipPeer.ConnectAsync(world, 1, 0);
            RawGossipPeer other = await RawGossipPeer.ConnectAsync(world, 2, 0);
            await other.SendAsync(new GossipRpc { Subscriptions = [new GossipSubscription("slow", true)], Graft = ["slow"] });
            await world.Delay(1);
            await sender.SendAsync(Messages("slow", [.. Enumerable.Range(10, 8).Select(static i => $"text {i}".PadRight(2_000))]));
            await world.Delay(1);
            long dropped = victim.Statistics.DroppedInbound;
            Assert.That(dropped, Is.InRange(5, 6));
            Assert.That(other.Received.Sum(static rpc => rpc.IDontWant.Count), Is.EqualTo(8 - dropped));
            gate.SetResult();
        });
    }

    /// <summary>What a peer sends beyond its share costs no hashing.</summary>
    [Test]
    public void MessagesBeyondTheBudgetAreNotHashed()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            int hashed = 0;
            GossipOptions options = new()
            {
                MessageId = message =>
                {
                    hashed++;
                    return GossipMessageIds.ByContent(message);
                },
            };
            MessageBudgetOptions budget = new() { Gossip = new MessageRate(TokenRate.PerSecond(1, 3), TokenRate.PerSecond(1 << 20, 8 << 20)) };
            Host host = await world.Hosts.StartAsync(0);
            GossipSub victim = new(
                host, options, world.Hosts.World.Time, new SeededRandomSource(1, "gossip"), world.Hosts.World,
                budget: new MessageBudget(budget, world.Hosts.World.Time));
            victim.Start();
            victim.Subscribe("topic", new GossipTopicOptions(), static (_, _) => ValueTask.FromResult(GossipVerdict.Accept));
            RawGossipPeer sender = await RawGossipPeer.ConnectAsync(world, 1, 0);
            await sender.SendAsync(Messages("topic", [.. Enumerable.Range(10, 20).Select(static i => $"text {i}")]));
            await world.Delay(0.1);
            Assert.That((hashed, victim.Statistics.Accepted), Is.EqualTo((3, 3)));
            await victim.DisposeAsync();
        });
    }

    /// <summary>Three peers fill the topic of a handler that hangs; the other topic has its own room.</summary>
    [Test]
    public void AFullTopicLeavesTheOthersTheirRoom()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            TaskCompletionSource gate = new();
            (Host _, GossipSub victim) = await world.StartAsync(0, new GossipOptions { Limits = new GossipLimits { TotalInboxBytes = 2_000 } });
            victim.Subscribe("slow", new GossipTopicOptions(), async (_, _) =>
            {
                await gate.Task;
                return GossipVerdict.Accept;
            });
            for (int i = 1; i <= 3; i++)
            {
                RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, i, 0);
                await peer.SendAsync(Messages("slow", $"{i} a".PadRight(400), $"{i} b".PadRight(400)));
            }

            await world.Delay(1);
            Assert.That(victim.Statistics.DroppedInbound, Is.EqualTo(4), "half of the room is the topic's");
            RawGossipPeer other = await RawGossipPeer.ConnectAsync(world, 4, 0);
            await other.SendAsync(Messages(GossipWorld.Topic, "other topic".PadRight(900)));
            await world.Delay(1);
            Assert.That(world.Got[0], Has.Count.EqualTo(1));
            gate.SetResult();
        });
    }

    [Test]
    public void ATopicMayGiveAPeerLessRoomThanUsual()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            TaskCompletionSource gate = new();
            (Host _, GossipSub victim) = await world.StartAsync(0);
            victim.Subscribe("slow", new GossipTopicOptions { HandledAtOnce = 10, InboxBytes = 1_000 }, async (_, _) =>
            {
                await gate.Task;
                return GossipVerdict.Accept;
            });
            RawGossipPeer[] peers = [await RawGossipPeer.ConnectAsync(world, 1, 0), await RawGossipPeer.ConnectAsync(world, 2, 0)];
            await peers[0].SendAsync(Messages("slow", [.. Enumerable.Range(0, 5).Select(static i => $"1 {i}".PadRight(400))]));
            await peers[1].SendAsync(Messages("slow", "2 ".PadRight(3_000)));
            await world.Delay(1);
            Assert.That((victim.Statistics.Delivered, victim.Statistics.DroppedInbound), Is.EqualTo((3, 3)), "also while the handler has them; one always fits");
            gate.SetResult();
        });
    }

    [Test]
    public void AHandlerThatThrowsHasIgnoredTheMessage()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            List<NetworkEvent> events = [];
            (Host _, GossipSub victim) = await world.StartAsync(0, observer: new ListObserver(events));
            victim.Subscribe("bad", new GossipTopicOptions(), static (_, _) => throw new InvalidOperationException("host's own fault"));
            RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, 1, 0);
            await peer.SendAsync(Messages("bad", "x", "y"));
            await world.Delay(1);
            Assert.That(events.Count(static item => item.Kind == NetworkEventKind.HandlerFailed), Is.EqualTo(2));
            Assert.That((victim.Statistics.Ignored, victim.Snapshot().Peers.Single().Score.Total), Is.EqualTo((2, 0.0)));
        });
    }

    [Test]
    public void AStreamThatThePeerResetsIsOpenedAgainWithAGreeting()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host _, GossipSub gossip) = await world.StartAsync(0);
            RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, 1, 0);
            await peer.SubscribeAsync();
            await world.Delay(2);
            Assert.That(peer.Inbound, Has.Count.EqualTo(1));
            peer.Received.Clear();
            peer.Inbound[0].Reset();
            await world.Delay(3);
            Assert.That(peer.Inbound, Has.Count.EqualTo(2), "opened again, and not again and again");
            Assert.That(peer.Received[0].Subscriptions, Is.EqualTo(new[] { new GossipSubscription(GossipWorld.Topic, true) }));
            Assert.That(peer.Received[0].Graft, Is.EqualTo(new[] { GossipWorld.Topic }));
            gossip.Publish(GossipWorld.Topic, GossipWorld.Text("again"));
            await world.Delay(1);
            Assert.That(peer.Received.SelectMany(static rpc => rpc.Messages).Count(), Is.EqualTo(1));
        });
    }

    [Test]
    public void APeerMayCloseItsHalfOfTheStreamThatItOnlyReads()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host _, GossipSub gossip) = await world.StartAsync(0);
            RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, 1, 0);
            await peer.SubscribeAsync();
            await world.Delay(2);
            await peer.Inbound[0].CloseWritingAsync();
            await world.Delay(5);
            gossip.Publish(GossipWorld.Topic, GossipWorld.Text("still"));
            await world.Delay(1);
            Assert.That(peer.Inbound, Has.Count.EqualTo(1));
            Assert.That(peer.Received.SelectMany(static rpc => rpc.Messages).Count(), Is.EqualTo(1));
        });
    }

    [Test]
    public void ForgedSignaturesAreChargedAndDoNotTakeThePlaceOfTheTrueMessage()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host _, GossipSub victim) = await world.StartAsync(0, new GossipOptions { SignaturePolicy = GossipSignaturePolicy.StrictSign });
            RawGossipPeer liar = await RawGossipPeer.ConnectAsync(world, 1, 0);
            RawGossipPeer honest = await RawGossipPeer.ConnectAsync(world, 2, 0);
            MessageSigning signing = new(HostWorld.KeyOf(3), IdentityVerifier.CreateInBox(), world.Hosts.World.Random);
            GossipMessage good = signing.Sign(GossipWorld.Topic, "true"u8);
            GossipMessage forged = new(GossipWorld.Topic, "false"u8, good.Author, good.Sequence, good.Signature);
            await liar.SendAsync(new GossipRpc { Messages = [forged] });
            await world.Delay(0.1);
            await honest.SendAsync(new GossipRpc { Messages = [good] });
            await world.Delay(1);
            Assert.That(world.Got[0].Select(static item => item.Text), Is.EqualTo(new[] { "true" }));
            Assert.That(victim.Snapshot().Peers.Single(peer => peer.Peer == liar.Host.Id).Score.Invalid, Is.Negative);
        });
    }

    [Test]
    public void GraftSpamLeadsToTheGraylist()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host _, GossipSub victim) = await world.StartAsync(0);
            RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, 1, 0);
            await peer.SendAsync(new GossipRpc { Prune = [new GossipPrune(GossipWorld.Topic, 60, [])] });
            for (int i = 0; i < 20; i++)
            {
                await peer.TrySendAsync(GossipRpcCodec.EncodeDelimited(new GossipRpc { Graft = [GossipWorld.Topic] }));
            }

            await world.Delay(0.3);
            Assert.That(victim.Snapshot().Peers.Single().IsGraylisted, Is.True);
        });
    }

    [Test]
    public void StoppingEndsEveryLoopAndServesNothingMore()
    {
        GossipWorld world = new();
        world.Run(async () =>
        {
            (Host host, GossipSub gossip) = await world.StartAsync(0);
            RawGossipPeer peer = await RawGossipPeer.ConnectAsync(world, 1, 0);
            await peer.SubscribeAsync();
            await world.Delay(2);
            await gossip.DisposeAsync();
            await gossip.DisposeAsync();
            await world.Delay(1);
            Assert.That(await peer.TrySendAsync(Bytes(Messages(GossipWorld.Topic, "late"))) && await peer.TrySendAsync(new byte[] { 0 }), Is.False);
            Assert.That(host.Peers, Has.Count.EqualTo(1), "the host goes on");
            Assert.That(world.Got[0], Is.Empty);
            Assert.That(gossip.Start, Throws.InvalidOperationException);
        });
    }

    private static GossipRpc Messages(string topic, params string[] texts) =>
        new() { Messages = [.. texts.Select(text => new GossipMessage(topic, Encoding.UTF8.GetBytes(text)))] };

    private static byte[] Bytes(GossipRpc rpc) => GossipRpcCodec.EncodeDelimited(rpc);

    private sealed class ListObserver(List<NetworkEvent> events) : INetworkObserver
    {
        public void Observe(NetworkEvent observation) => events.Add(observation);
    }
}
