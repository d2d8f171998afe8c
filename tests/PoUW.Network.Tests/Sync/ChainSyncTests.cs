using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Headers;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Network.Sync;

namespace PoUW.Network.Tests.Sync;

/// <summary>Catching up: headers first, bodies from several peers, in order, whatever some of them do.</summary>
[TestFixture]
internal sealed class ChainSyncTests
{
    [Test]
    public void A_new_node_fetches_from_all_peers_at_once() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(600);
        SyncPeerNode a = await SyncPeerNode.StartAsync(scene, "a", blocks);
        SyncPeerNode b = await SyncPeerNode.StartAsync(scene, "b", blocks);
        SyncPeerNode c = await SyncPeerNode.StartAsync(scene, "c", blocks[..200]);
        SyncPeerNode fresh = await SyncPeerNode.StartAsync(scene, "new");
        await fresh.ConnectAsync(a, b, c);
        await fresh.ReachAsync(blocks[^1].Id);
        long[] served = [.. new[] { a, b, c }.Select(node => node.Node.Statistics.RequestsServed)];
        Assert.That(served, Has.All.GreaterThan(4), "each answers for headers, its pool, and bodies");
        SyncStatus status = fresh.Sync!.Status;
        Assert.That((status.Height, status.KnownHeight, status.Peers, status.Imported), Is.EqualTo((600ul, 600ul, 3, 600L)));
        Assert.That(fresh.Warnings, Is.Empty);
        await SyncPeerNode.StopAllAsync(a, b, c, fresh);
    });

    [Test]
    public void The_same_run_gives_the_same_trace()
    {
        string Trace()
        {
            string trace = "";
            Run(async scene =>
            {
                List<Block> blocks = scene.Grow(200);
                SyncPeerNode a = await SyncPeerNode.StartAsync(scene, "a", blocks);
                SyncPeerNode b = await SyncPeerNode.StartAsync(scene, "b", blocks[..150]);
                SyncPeerNode fresh = await SyncPeerNode.StartAsync(scene, "new");
                await fresh.ConnectAsync(a, b);
                await fresh.ReachAsync(blocks[^1].Id);
                trace = $"{a.Node.Statistics} {b.Node.Statistics} {fresh.Node.Statistics} {scene.World.Time.Now}";
                await SyncPeerNode.StopAllAsync(a, b, fresh);
            });
            return trace;
        }

        Assert.That(Trace(), Is.EqualTo(Trace()));
    }

    [Test]
    public void A_peer_that_sends_other_transactions_is_banned_and_the_blocks_come_from_another() => Liar(liar =>
    {
        liar.AnswerHeaders();
        liar.AnswerBodies(block => block with { Transactions = [SyncChains.Pay(9)] });
    });

    [Test]
    public void A_peer_that_strips_witnesses_is_banned() => Liar(liar =>
    {
        liar.AnswerHeaders();
        liar.AnswerBodies(SyncChains.WithoutWitness);
    });

    [Test]
    public void A_peer_that_sends_wrong_witnesses_is_banned() => Liar(liar =>
    {
        liar.AnswerHeaders();
        liar.AnswerBodies(block => block with { Certificate = block.Certificate with { Witness = new byte[] { 1 } } });
    });

    [Test]
    public void A_peer_that_sends_blocks_that_nobody_asked_for_is_banned() => Liar(liar =>
    {
        liar.AnswerHeaders();
        liar.AnswerBodies(_ => liar.Chain.GetBlockByHeight(7)!);
    });

    [Test]
    public void A_peer_that_sends_garbage_for_bodies_is_banned() => Liar(liar =>
    {
        liar.AnswerHeaders();
        liar.Answer(SyncProtocols.Bodies, _ => [1, 2, 3]);
    });

    [Test]
    public void A_peer_whose_headers_have_wrong_seals_is_banned() => Liar(liar => liar.AnswerHeaders(honest => honest with
    {
        Headers = [.. honest.Headers.Select(header => header with { Signed = header.Signed with { Seal = ProducerSeal.Empty } })],
    }));

    [Test]
    public void A_peer_whose_headers_claim_more_work_than_the_rules_allow_is_banned() => Liar(liar => liar.AnswerHeaders(honest => honest with
    {
        HeadHeight = 1_000_000,
        Headers = [.. honest.Headers.Select(header => header with { Signed = header.Signed with { Header = header.Signed.Header with { Bits = 30 } } })],
    }));

    [Test]
    public void A_peer_whose_headers_stand_on_nothing_is_banned() =>
        Liar(liar => liar.AnswerHeaders(honest => honest with { Headers = [.. honest.Headers.Skip(3)] }));

    [Test]
    public void A_peer_that_sends_the_same_headers_again_and_again_is_banned() => Liar(liar =>
    {
        HeaderAnnouncement first = liar.Chain.GetAnnouncement(liar.Chain.GetIdByHeight(1)!.Value, out _)!;
        HeaderAnnouncement second = liar.Chain.GetAnnouncement(liar.Chain.GetIdByHeight(2)!.Value, out _)!;
        int asked = 0;
        liar.Answer(SyncProtocols.Headers, message => new HeadersResponse(1_000_000, 0, asked++ == 0 ? [first] : [first, second]).Encode());
    });

    [Test]
    public void A_peer_that_never_answers_costs_time_and_nothing_else() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(120);
        SyncPeerNode mute = await SyncPeerNode.StartLiarAsync(scene, "mute", blocks);
        mute.AnswerHeaders();
        mute.Node.Serve(SyncProtocols.Bodies, async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.World.Time, cancellation);
            return null;
        });
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest", blocks);
        SyncPeerNode fresh = await SyncPeerNode.StartAsync(scene, "new");
        await fresh.ConnectAsync(mute, honest);
        await fresh.ReachAsync(blocks[^1].Id);
        Assert.That(scene.World.Time.Now, Is.LessThan(TimeSpan.FromSeconds(3)), "others are asked after the hedge delay, not after the timeout");
        Assert.That(fresh.IsBanned(mute), Is.False);
        await SyncPeerNode.StopAllAsync(mute, honest, fresh);
    });

    [Test]
    public void A_slow_peer_is_asked_for_less() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(400);
        SyncPeerNode slow = await SyncPeerNode.StartLiarAsync(scene, "slow", blocks);
        slow.AnswerHeaders();
        int served = 0;
        slow.Node.Serve(SyncProtocols.Bodies, async (_, message, cancellation) =>
        {
            List<Hash256> ids = [.. BodiesRequest.TryDecode(message.Span)!.Ids];
            served += ids.Count;
            await Task.Delay(TimeSpan.FromSeconds(2), scene.World.Time, cancellation);
            return BodiesResponse.Encode(0, [.. ids.Select(id => slow.Chain.GetBlock(id)!.Encode())]);
        });
        SyncPeerNode fast = await SyncPeerNode.StartAsync(scene, "fast", blocks);
        SyncPeerNode fresh = await SyncPeerNode.StartAsync(scene, "new");
        await fresh.ConnectAsync(slow, fast);
        await fresh.ReachAsync(blocks[^1].Id);
        Assert.That(served, Is.LessThan(60));
        await SyncPeerNode.StopAllAsync(slow, fast, fresh);
    });

    [Test]
    public void A_peer_that_goes_away_in_the_middle_is_replaced() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(300);
        SyncPeerNode leaving = await SyncPeerNode.StartLiarAsync(scene, "leaving", blocks);
        leaving.AnswerHeaders();
        int answers = 0;
        leaving.Node.Serve(SyncProtocols.Bodies, (peer, message, _) =>
        {
            if (++answers == 3)
            {
                scene.World.Spawn("leave", async () => await leaving.Node.DisconnectAsync(peer));
            }

            return ValueTask.FromResult<ReadOnlyMemory<byte>?>(BodiesResponse.Encode(
                0, [.. BodiesRequest.TryDecode(message.Span)!.Ids.Select(id => leaving.Chain.GetBlock(id)!.Encode())]));
        });
        SyncPeerNode staying = await SyncPeerNode.StartAsync(scene, "staying", blocks);
        SyncPeerNode fresh = await SyncPeerNode.StartAsync(scene, "new");
        await fresh.ConnectAsync(leaving, staying);
        await fresh.ReachAsync(blocks[^1].Id);
        Assert.That(fresh.Node.Peers, Has.Count.EqualTo(1));
        await SyncPeerNode.StopAllAsync(leaving, staying, fresh);
    });

    /// <summary>Its chain claims the most work, its headers are in order, and it has no bodies: it costs its places and a request.</summary>
    [Test]
    public void Endless_headers_without_bodies_do_not_keep_a_node_from_the_honest_chain() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(50);
        BlockChain other = SyncChains.Open(scene.World.Time);
        List<Block> endless = SyncChains.Grow(other, 400, offsetMs: 3);
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", endless);
        liar.AnswerHeaders(honest => honest with { HeadHeight = ulong.MaxValue });
        int most = 0;
        liar.Answer(SyncProtocols.Bodies, _ => BodiesResponse.Encode(0, []));
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest", blocks);
        SyncPeerNode fresh = await SyncPeerNode.StartAsync(scene, "new");
        fresh.Sync!.BlockAccepted += _ => most = Math.Max(most, fresh.Sync.Status.PendingHeaders);
        await fresh.ConnectAsync(liar);
        await fresh.ConnectAsync(honest);
        await fresh.ReachAsync(blocks[^1].Id);
        Assert.That(most, Is.LessThanOrEqualTo(2 * scene.Options.Headers.MaxHeadersPerPeer));
        await SyncPeerNode.StopAllAsync(liar, honest, fresh);
    }, new SyncOptions { PollInterval = TimeSpan.Zero, HeadersPerRequest = 16, Headers = new HeaderIntakeOptions { MaxHeadersPerPeer = 32 } });

    /// <summary>The heavier branch leaves the own one deeper than a peer has places for headers, so it is imported before it is known to be heavier.</summary>
    [Test]
    public void A_node_follows_a_heavier_branch_that_forks_deeper_than_its_window() => Run(async scene =>
    {
        List<Block> shared = scene.Grow(10);
        BlockChain other = SyncChains.Open(scene.World.Time);
        SyncChains.ImportAll(other, shared);
        List<Block> own = SyncChains.Grow(other, 150, offsetMs: 5);
        List<Block> heavier = scene.Grow(151);
        SyncPeerNode left = await SyncPeerNode.StartAsync(scene, "left", [.. shared, .. own]);
        SyncPeerNode right = await SyncPeerNode.StartAsync(scene, "right", [.. shared, .. heavier]);
        await left.ConnectAsync(right);
        await left.ReachAsync(heavier[^1].Id);
        await SyncPeerNode.StopAllAsync(left, right);
    }, new SyncOptions { PollInterval = TimeSpan.Zero, HeadersPerRequest = 16, Headers = new HeaderIntakeOptions { MaxHeadersPerPeer = 32 } });

    /// <summary>What claims less work than the own chain is not fetched.</summary>
    [Test]
    public void A_lighter_branch_within_the_window_costs_no_bodies() => Run(async scene =>
    {
        List<Block> shared = scene.Grow(10);
        BlockChain other = SyncChains.Open(scene.World.Time);
        SyncChains.ImportAll(other, shared);
        SyncPeerNode lighter = await SyncPeerNode.StartLiarAsync(scene, "lighter", [.. shared, .. SyncChains.Grow(other, 20, offsetMs: 5)]);
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int bodies = 0;
        lighter.AnswerHeaders();
        lighter.Answer(SyncProtocols.Bodies, _ => bodies++ < 0 ? null : BodiesResponse.Encode(0, []));
        lighter.Answer(SyncProtocols.Pool, _ =>
        {
            asked.TrySetResult();
            return new PoolResponse([]).Encode();
        });
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node", [.. shared, .. scene.Grow(30)]);
        await node.ConnectAsync(lighter);
        await asked.Task;
        Assert.That(bodies, Is.Zero);
        Assert.That(node.Sync!.Status.PendingHeaders, Is.EqualTo(20));
        await SyncPeerNode.StopAllAsync(lighter, node);
    });

    [Test]
    public void A_node_that_is_stopped_in_the_middle_goes_on_after_its_restart() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(300);
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest", blocks);
        using InMemoryKeyValueStore store = new();
        SyncPeerNode first = await SyncPeerNode.StartAsync(scene, "first", store: store);
        await first.ConnectAsync(honest);
        await first.UntilAsync(() => first.Chain.Head.Height >= 100);
        await first.StopAsync();
        ulong height = first.Chain.Head.Height;
        SyncPeerNode second = await SyncPeerNode.StartAsync(scene, "second", store: store);
        Assert.That(second.Chain.Head.Height, Is.EqualTo(height));
        await second.ConnectAsync(honest);
        await second.ReachAsync(blocks[^1].Id);
        Assert.That(second.Sync!.Status.Imported, Is.EqualTo(300 - (long)height));
        await SyncPeerNode.StopAllAsync(honest, second);
    });

    [Test]
    public void A_peer_that_pruned_is_no_liar_and_is_of_use_below_a_trusted_checkpoint_only() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(60);
        Checkpoint trusted = new(40, blocks[39].Id);
        List<Block> pruned = [.. blocks.Take(40).Select(SyncChains.WithoutWitness), .. blocks.Skip(40)];
        SyncPeerNode peer = await SyncPeerNode.StartAsync(scene, "pruned", pruned, trusted: trusted);
        SyncPeerNode strict = await SyncPeerNode.StartAsync(scene, "strict");
        SyncPeerNode trusting = await SyncPeerNode.StartAsync(scene, "trusting", trusted: trusted);
        await strict.ConnectAsync(peer);
        await trusting.ConnectAsync(peer);
        await trusting.ReachAsync(blocks[^1].Id);
        Assert.That(trusting.Warnings, Is.Empty);
        Assert.That(strict.Chain.Head.Height, Is.Zero);
        Assert.That(strict.Warnings, Has.Count.EqualTo(1).And.All.Contains("pruned the witness of block 1;"));
        Assert.That(strict.IsBanned(peer), Is.False);

        // Another peer has them all.
        SyncPeerNode full = await SyncPeerNode.StartAsync(scene, "full", blocks);
        await strict.ConnectAsync(full);
        await strict.ReachAsync(blocks[^1].Id);
        await SyncPeerNode.StopAllAsync(peer, strict, trusting, full);
    });

    [Test]
    public void Headers_that_are_too_early_are_asked_for_again_when_they_are_due() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(5);
        ulong early = (ulong)scene.World.Time.GetUtcNow().ToUnixTimeMilliseconds() + SyncChains.Parameters.MaxFutureMilliseconds + 20_000;
        SyncPeerNode peer = await SyncPeerNode.StartLiarAsync(scene, "ahead", blocks);
        Block tip = SyncChains.At(scene.Source, early);
        peer.Answer(SyncProtocols.Headers, message =>
        {
            bool isBehind = HeadersRequest.TryDecode(message.Span)!.Locator[0] != tip.Id;
            IEnumerable<Block> all = isBehind ? blocks.Append(tip) : [];
            Hash256 from = HeadersRequest.TryDecode(message.Span)!.Locator[0];
            return new HeadersResponse(6, 0, [.. all.SkipWhile(block => block.Header.ParentHash != from)
                .Select(block => new HeaderAnnouncement(block.SignedHeader, block.Certificate.PublicData))]).Encode();
        });
        peer.Answer(SyncProtocols.Bodies, message => BodiesResponse.Encode(
            0, [.. BodiesRequest.TryDecode(message.Span)!.Ids.Select(id => blocks.Append(tip).First(block => block.Id == id).Encode())]));
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(peer);
        await node.ReachAsync(tip.Id);
        Assert.That(scene.World.Time.Now, Is.InRange(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(21)));
        Assert.That(node.IsBanned(peer), Is.False);
        await SyncPeerNode.StopAllAsync(peer, node);
    });

    [Test]
    public void A_node_that_heard_of_nothing_asks_from_time_to_time() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(3);
        SyncPeerNode peer = await SyncPeerNode.StartAsync(scene, "peer", blocks);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node", blocks);
        await node.ConnectAsync(peer);
        await Task.Delay(TimeSpan.FromSeconds(1), scene.World.Time);
        Block silent = SyncChains.Grow(peer.Chain, 1)[0];
        await node.ReachAsync(silent.Id);
        Assert.That(scene.World.Time.Now, Is.InRange(TimeSpan.FromSeconds(29), TimeSpan.FromSeconds(61)));
        await SyncPeerNode.StopAllAsync(peer, node);
    }, new SyncOptions());

    [Test]
    public void A_store_that_fails_ends_no_sync() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(40);
        SyncPeerNode peer = await SyncPeerNode.StartAsync(scene, "peer", blocks);
        FailingStore store = new(new InMemoryKeyValueStore(), static () => new StoreException(StoreFailure.DiskFull, "full"));
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node", store: store);
        store.Failures = 2;
        await node.ConnectAsync(peer);
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(node.Warnings, Has.Count.EqualTo(2).And.All.Contains("full"));
        Assert.That(node.IsBanned(peer), Is.False);
        await SyncPeerNode.StopAllAsync(peer, node);
    });

    /// <summary>A liar with the same chain as an honest peer, connected first; a new node reaches the head all the same and bans the liar.</summary>
    private static void Liar(Action<SyncPeerNode> lie) => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(100);
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", blocks);
        lie(liar);
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest", blocks);
        SyncPeerNode fresh = await SyncPeerNode.StartAsync(scene, "new");
        await fresh.ConnectAsync(liar);
        await fresh.ConnectAsync(honest);
        await fresh.ReachAsync(blocks[^1].Id);
        Assert.That(fresh.IsBanned(liar), Is.True);
        Assert.That(fresh.IsBanned(honest), Is.False);
        await SyncPeerNode.StopAllAsync(liar, honest, fresh);
    });

    private static void Run(Func<SyncScene, Task> scenario, SyncOptions? options = null) =>
        SyncScene.Play(scenario, options ?? new SyncOptions { PollInterval = TimeSpan.Zero });
}
