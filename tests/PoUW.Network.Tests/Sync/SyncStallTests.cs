using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Headers;
using PoUW.Core.Storage;
using PoUW.Network.Sync;

namespace PoUW.Network.Tests.Sync;

/// <summary>What must not keep a sync from going on: failures of this node, and peers that are slow on purpose.</summary>
[TestFixture]
internal sealed class SyncStallTests
{
    private static readonly SyncOptions Silent = new() { PollInterval = TimeSpan.Zero };

    [Test]
    public void A_listener_that_throws_ends_no_sync() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(40);
        SyncPeerNode peer = await SyncPeerNode.StartAsync(scene, "peer", blocks);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        node.Sync!.BlockAccepted += block =>
        {
            if (block.Id == blocks[9].Id)
            {
                throw new InvalidOperationException("broken listener");
            }
        };
        await node.ConnectAsync(peer);
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(node.Warnings, Has.Count.EqualTo(1).And.All.Contains("broken listener"));
        Assert.That(node.IsBanned(peer), Is.False);
        await SyncPeerNode.StopAllAsync(peer, node);
    });

    /// <summary>The pauses double, so that what stays broken is not tried all the time.</summary>
    [Test]
    public void A_store_that_fails_in_another_way_is_tried_again_ever_more_seldom() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(20);
        SyncPeerNode peer = await SyncPeerNode.StartAsync(scene, "peer", blocks);
        FailingStore store = new(new InMemoryKeyValueStore(), static () => new InvalidOperationException("out of order"));
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node", store: store);
        store.Failures = 4;
        await node.ConnectAsync(peer);
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(node.Warnings, Has.Count.EqualTo(4).And.All.Contains("out of order"));
        Assert.That(scene.World.Time.Now, Is.InRange(TimeSpan.FromSeconds(150), TimeSpan.FromSeconds(160)), "10 + 20 + 40 + 80 seconds");
        await SyncPeerNode.StopAllAsync(peer, node);
    });

    [Test]
    public void A_peer_that_sends_early_headers_again_and_again_costs_one_timer() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(3);
        ulong early = (ulong)scene.World.Time.GetUtcNow().ToUnixTimeMilliseconds() + SyncChains.Parameters.MaxFutureMilliseconds + 60_000;
        Block tip = SyncChains.At(scene.Source, early);
        SyncPeerNode peer = await SyncPeerNode.StartLiarAsync(scene, "ahead", blocks);
        peer.Answer(SyncProtocols.Headers, _ => new HeadersResponse(
            4, 0, [new HeaderAnnouncement(tip.SignedHeader, tip.Certificate.PublicData)]).Encode());
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node", blocks);
        await node.ConnectAsync(peer);
        await Task.Delay(TimeSpan.FromSeconds(30), scene.World.Time);
        Assert.That(node.Work.CountOf("headers later"), Is.EqualTo(1));
        await SyncPeerNode.StopAllAsync(peer, node);
    }, Silent with { PollInterval = TimeSpan.FromSeconds(1) });

    /// <summary>Its first answer takes long. What waits in its pool can be judged only after its blocks.</summary>
    [Test]
    public void The_pool_of_a_sole_slow_peer_is_asked_for_after_its_blocks() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(20);
        SyncPeerNode peer = await SyncPeerNode.StartLiarAsync(scene, "peer", blocks);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        List<ulong> askedAt = [];
        peer.AnswerBodies(static block => block);
        peer.Answer(SyncProtocols.Pool, _ =>
        {
            askedAt.Add(node.Chain.Head.Height);
            return new PoolResponse([]).Encode();
        });
        peer.Node.Serve(SyncProtocols.Headers, async (_, message, cancellation) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(800), scene.World.Time, cancellation);
            ulong height = HeadersRequest.TryDecode(message.Span)!.Locator.Select(id => peer.Chain.GetHeader(id)!.Height).Max();
            return new HeadersResponse(20, 0, [.. blocks.Skip((int)height).Select(static block => new HeaderAnnouncement(block.SignedHeader, block.Certificate.PublicData))]).Encode();
        });
        await node.ConnectAsync(peer);
        await node.ReachAsync(blocks[^1].Id);
        await Task.Delay(TimeSpan.FromSeconds(5), scene.World.Time);
        Assert.That(askedAt, Is.EqualTo(new ulong[] { 20 }));
        await SyncPeerNode.StopAllAsync(peer, node);
    });

    /// <summary>One peer gives a header every nine seconds, for ever; the other's pool is asked for all the same.</summary>
    [Test]
    public void A_peer_that_drips_headers_does_not_keep_the_node_from_the_pools_of_others() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(60);
        SyncPeerNode slow = await SyncPeerNode.StartLiarAsync(scene, "slow", blocks);
        slow.Node.Serve(SyncProtocols.Headers, async (_, message, cancellation) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(9), scene.World.Time, cancellation);
            ulong height = HeadersRequest.TryDecode(message.Span)!.Locator.Select(id => slow.Chain.GetHeader(id)!.Height).Max();
            HeaderAnnouncement next = slow.Chain.GetAnnouncement(slow.Chain.GetIdByHeight(height + 1)!.Value, out int _)!;
            return new HeadersResponse(60, 0, [next]).Encode();
        });
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest", blocks);
        Assert.That(honest.Pool.Admit(SyncChains.Pay(0)).IsValid, Is.True);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(slow, honest);
        await node.UntilAsync(() => node.Pool.Count == 1);
        Assert.That(scene.World.Time.Now, Is.LessThan(SyncPeerNode.Meeting + TimeSpan.FromSeconds(2)));
        await SyncPeerNode.StopAllAsync(slow, honest, node);
    });

    /// <summary>The announcer, who is asked for what is missing, says nothing; another peer has it.</summary>
    [Test]
    public void An_announcer_that_keeps_its_headers_back_stalls_nobody() => Run(async scene =>
    {
        SyncPeerNode mute = await SyncPeerNode.StartLiarAsync(scene, "mute", []);
        mute.Node.Serve(SyncProtocols.Headers, async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.World.Time, cancellation);
            return null;
        });
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest");
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(mute, honest);
        List<Block> blocks = SyncChains.Grow(honest.Chain, 5);
        await mute.Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(blocks[^1], 0));
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(scene.World.Time.Now, Is.LessThan(SyncPeerNode.Meeting + TimeSpan.FromSeconds(2)));
        await SyncPeerNode.StopAllAsync(mute, honest, node);
    });

    /// <summary>A longer chain of headers whose sender is always busy: an honest peer with fewer blocks is followed all the same.</summary>
    [Test]
    public void A_peer_that_is_always_busy_does_not_keep_a_node_from_the_honest_chain() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(30);
        BlockChain other = SyncChains.Open(scene.World.Time);
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "busy", SyncChains.Grow(other, 60, offsetMs: 3));
        liar.AnswerHeaders();
        liar.Answer(SyncProtocols.Bodies, _ => []);
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest", blocks);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar, honest);
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(scene.World.Time.Now, Is.LessThan(TimeSpan.FromSeconds(30)));
        await SyncPeerNode.StopAllAsync(liar, honest, node);
    });

    /// <summary>More peers have headers without bodies than the intake was told of: the honest one behind them has its place.</summary>
    [Test]
    public void Every_connected_peer_has_places_for_its_headers() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(30);
        BlockChain other = SyncChains.Open(scene.World.Time);
        SyncPeerNode lighter = await SyncPeerNode.StartLiarAsync(scene, "lighter", SyncChains.Grow(other, 20, offsetMs: 3));
        lighter.AnswerHeaders();
        lighter.Node.Serve(SyncProtocols.Bodies, async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.World.Time, cancellation);
            return null;
        });
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest", blocks);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(lighter);
        await node.ConnectAsync(honest);
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(scene.World.Time.Now, Is.LessThan(3 * SyncPeerNode.Meeting));
        await SyncPeerNode.StopAllAsync(lighter, honest, node);
    }, Silent with { Headers = new HeaderIntakeOptions { MaxHeadersPerPeer = 1024, MaxPeers = 1 } });

    private static void Run(Func<SyncScene, Task> scenario, SyncOptions? options = null) =>
        SyncScene.Play(scenario, options ?? Silent);
}
