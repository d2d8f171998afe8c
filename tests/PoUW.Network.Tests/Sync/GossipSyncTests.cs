using PoUW.Core.Blocks;
using PoUW.Core.Cryptography;
using PoUW.Core.Transactions;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Requests;
using PoUW.Network.Sync;

namespace PoUW.Network.Tests.Sync;

/// <summary>Announcing blocks and transactions.</summary>
[TestFixture]
internal sealed class GossipSyncTests
{
    private static readonly SyncOptions HeadersOnly = new() { PollInterval = TimeSpan.Zero, InlineBlockBytes = 0, InlineTransactionBytes = 64 };

    [TestCase(0)]
    [TestCase(32 * 1024)]
    public void A_block_travels_along_a_line_of_nodes(int inlineBytes) => Run(async scene =>
    {
        (SyncPeerNode a, SyncPeerNode b, SyncPeerNode c) = await LineAsync(scene);
        Block block = SyncChains.Grow(a.Chain, 1)[0];
        a.Sync!.Publish(block);
        await c.ReachAsync(block.Id);
        Assert.That(b.Chain.Head.Id, Is.EqualTo(block.Id));
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(0.5)));
        await SyncPeerNode.StopAllAsync(a, b, c);
    }, HeadersOnly with { InlineBlockBytes = inlineBytes });

    /// <summary>The middle node lacks the parent: it learns it from the announcer and passes the announcement on then.</summary>
    [TestCase(0)]
    [TestCase(32 * 1024)]
    public void An_announcement_without_known_parent_is_passed_on_once_the_branch_is_here(int inlineBytes) => Run(async scene =>
    {
        (SyncPeerNode a, SyncPeerNode b, SyncPeerNode c) = await LineAsync(scene);
        List<Block> blocks = SyncChains.Grow(a.Chain, 5);
        a.Sync!.Publish(blocks[^1]);
        await c.ReachAsync(blocks[^1].Id);
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(0.5)));
        await SyncPeerNode.StopAllAsync(a, b, c);
    }, HeadersOnly with { InlineBlockBytes = inlineBytes });

    [Test]
    public void Blocks_announced_faster_than_they_are_fetched_all_arrive() => Run(async scene =>
    {
        (SyncPeerNode a, SyncPeerNode b, SyncPeerNode c) = await LineAsync(scene);
        List<Block> blocks = SyncChains.Grow(a.Chain, 40);
        blocks.ForEach(a.Sync!.Publish);
        await c.ReachAsync(blocks[^1].Id);
        await SyncPeerNode.StopAllAsync(a, b, c);
    }, HeadersOnly);

    /// <summary>The announcer keeps its body back; another peer has the block.</summary>
    [Test]
    public void A_slow_announcer_stalls_nobody() => Run(async scene =>
    {
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", []);
        liar.Node.Serve(SyncProtocols.Block, async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.World.Time, cancellation);
            return null;
        });
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest");
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar, honest);
        Block block = SyncChains.Grow(honest.Chain, 1)[0];
        Transaction payment = SyncChains.Pay(0);
        await liar.Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(block, 0));
        await liar.Node.PublishAsync(SyncProtocols.TransactionTopic, TransactionAnnouncement.Encode(payment, 1_000));
        await node.UntilAsync(() => node.Pool.Count == 1);
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(1)), "what comes behind is not held up");
        await node.ReachAsync(block.Id);
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(1)));
        await SyncPeerNode.StopAllAsync(liar, honest, node);
    }, HeadersOnly with { InlineTransactionBytes = 1_000 });

    [Test]
    public void An_announcer_that_sends_another_body_is_banned_and_the_block_comes_from_another() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(1);
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", blocks);
        liar.AnswerBodies(block => block with { Transactions = [SyncChains.Pay(7)] });
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest");
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar, honest);
        SyncChains.ImportAll(honest.Chain, blocks);
        await liar.Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(blocks[0], 0));
        await node.ReachAsync(blocks[0].Id);
        Assert.That(node.IsBanned(liar), Is.True);
        Assert.That(node.IsBanned(honest), Is.False);
        await SyncPeerNode.StopAllAsync(liar, honest, node);
    }, HeadersOnly);

    /// <summary>It says from which height on it has witnesses: below, others are asked; who says so of everything is asked no more.</summary>
    [TestCase(2ul, 3)]
    [TestCase(ulong.MaxValue, 1)]
    public void An_announcer_that_pruned_is_no_liar_and_the_block_comes_from_another(ulong floor, int requests) => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(3);
        SyncPeerNode pruned = await SyncPeerNode.StartLiarAsync(scene, "pruned", blocks);
        int asked = 0;
        pruned.Answer(SyncProtocols.Block, message =>
        {
            asked++;
            Block block = pruned.Chain.GetBlock(BodiesRequest.TryDecode(message.Span)!.Ids[0])!;
            return BodiesResponse.Encode(floor, [(block.Header.Height < floor ? SyncChains.WithoutWitness(block) : block).Encode()]);
        });
        SyncPeerNode honest = await SyncPeerNode.StartAsync(scene, "honest");
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(pruned, honest);
        SyncChains.ImportAll(honest.Chain, blocks);
        foreach (Block block in blocks)
        {
            await pruned.Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(block, 0));
            await node.ReachAsync(block.Id);
        }

        Assert.That(node.IsBanned(pruned), Is.False);
        Assert.That(asked, Is.EqualTo(requests));
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(1)));
        await SyncPeerNode.StopAllAsync(pruned, honest, node);
    }, HeadersOnly);

    /// <summary>What is forwarded is the announcement, so its seal is the one that is verified.</summary>
    [Test]
    public void An_announcement_with_a_wrong_seal_is_not_forwarded() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(1);
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", blocks);
        liar.AnswerBodies(block => block);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar);
        await liar.Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(blocks[0] with { Seal = ProducerSeal.Empty }, 0));
        await WaitForRejectAsync(scene, node);
        await SyncPeerNode.StopAllAsync(liar, node);
    }, HeadersOnly);

    /// <summary>Seal, public data and witness are outside the id: what is passed on has to be the block that is stored, byte for byte.</summary>
    [Test]
    public void A_mutated_seal_after_the_good_block_is_not_forwarded() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(1);
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, blocks);
        await good.AnnounceAsync(blocks[0], 0);
        await node.WaitForVerdictsAsync(1);
        await liar.AnnounceAsync(Resealed(blocks[0]), 0);
        await node.WaitForVerdictsAsync(2);
        Assert.That(node.Verdicts, Is.EqualTo((1, 1, 0)));
        await SyncPeerNode.StopAllAsync(good, liar, node);
    }, HeadersOnly);

    [Test]
    public void A_mutated_seal_that_waits_for_the_parent_is_not_forwarded() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(2);
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, blocks);
        await liar.AnnounceAsync(Resealed(blocks[1]), 0);
        await good.AnnounceAsync(blocks[1], 0);
        await node.WaitForVerdictsAsync(2);
        Assert.That(node.Verdicts, Is.EqualTo((1, 1, 0)));
        await SyncPeerNode.StopAllAsync(good, liar, node);
    }, HeadersOnly);

    /// <summary>The mutated announcement has its body in hand when the good one was imported meanwhile.</summary>
    [Test]
    public void A_mutated_seal_beside_the_good_block_is_not_forwarded() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(1);
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, blocks, answersBodies: false);
        good.AnswerBodies(static block => block);
        liar.Node.Serve(SyncProtocols.Block, async (_, _, cancellation) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), scene.World.Time, cancellation);
            return BodiesResponse.Encode(0, [blocks[0].Encode()]);
        });
        await liar.AnnounceAsync(Resealed(blocks[0]), 0);
        await good.AnnounceAsync(blocks[0], 0);
        await node.WaitForVerdictsAsync(2);
        Assert.That(node.Verdicts, Is.EqualTo((1, 1, 0)));
        await SyncPeerNode.StopAllAsync(good, liar, node);
    }, HeadersOnly);

    /// <summary>The header of another peer has passed its checks already, which said nothing about these public data.</summary>
    [Test]
    public void Mutated_public_data_of_a_pending_header_are_not_forwarded() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(1);
        (SyncPeerNode slow, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, [], answersBodies: false);
        slow.Node.Serve(SyncProtocols.Block, async (_, _, cancellation) =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(400), scene.World.Time, cancellation);
            return BodiesResponse.Encode(0, [blocks[0].Encode()]);
        });
        liar.Answer(SyncProtocols.Block, _ => BodiesResponse.Encode(0, [blocks[0].Encode()]));
        await slow.AnnounceAsync(blocks[0], 0);
        await Task.Delay(TimeSpan.FromMilliseconds(50), scene.World.Time);
        await liar.AnnounceAsync(blocks[0] with { Certificate = blocks[0].Certificate with { PublicData = new byte[] { 9 } } }, 0);
        await node.WaitForVerdictsAsync(2);
        Assert.That(node.Verdicts, Is.EqualTo((1, 1, 0)));
        await SyncPeerNode.StopAllAsync(slow, liar, node);
    }, HeadersOnly);

    [TestCase(false)]
    [TestCase(true)]
    public void A_mutated_witness_of_a_whole_block_that_waits_is_not_forwarded(bool isMutatedFirst) => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(2);
        Block mutated = blocks[1] with { Certificate = blocks[1].Certificate with { Witness = new byte[32] } };
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, blocks);
        await (isMutatedFirst ? liar.AnnounceAsync(mutated, 32 * 1024) : good.AnnounceAsync(blocks[1], 32 * 1024));
        await (isMutatedFirst ? good.AnnounceAsync(blocks[1], 32 * 1024) : liar.AnnounceAsync(mutated, 32 * 1024));
        await node.WaitForVerdictsAsync(2);
        Assert.That(node.Verdicts, Is.EqualTo((1, 1, 0)));
        await SyncPeerNode.StopAllAsync(good, liar, node);
    }, HeadersOnly with { InlineBlockBytes = 32 * 1024 });

    /// <summary>One place for all peers: who announces what cannot be judged now does not keep it from others.</summary>
    [TestCase(false, Description = "its parent is not known")]
    [TestCase(true, Description = "it is early")]
    public void An_announcement_that_waits_holds_no_place(bool isEarly) => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(2);
        ulong early = (ulong)scene.World.Time.GetUtcNow().ToUnixTimeMilliseconds() + SyncChains.Parameters.MaxFutureMilliseconds + 60_000;
        Block waiting = isEarly ? SyncChains.At(scene.Source, early) : blocks[1];
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, [], answersBodies: false);
        if (isEarly)
        {
            SyncChains.ImportAll(node.Chain, blocks);
        }

        Block next = SyncChains.Next(node.Chain, offsetMs: 17);
        AnswerOnly(good, next);

        await liar.AnnounceAsync(waiting, 0);
        await Task.Delay(TimeSpan.FromMilliseconds(100), scene.World.Time);
        await JudgesOnlyAsync(next, good, node);
        await SyncPeerNode.StopAllAsync(good, liar, node);
    }, HeadersOnly with { MaxAnnouncedBlocks = 1 });

    /// <summary>The body of the lower block is kept back, so that of the upper one cannot be imported.</summary>
    [Test]
    public void A_fetched_block_that_waits_for_its_parent_holds_no_place() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(2);
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, [], answersBodies: false);
        Block next = SyncChains.Next(node.Chain, offsetMs: 17);
        AnswerOnly(good, next);
        AnswerOnly(liar, blocks[1]);
        foreach (Block block in blocks)
        {
            await liar.AnnounceAsync(block, 0);
            await Task.Delay(TimeSpan.FromMilliseconds(100), scene.World.Time);
        }

        await JudgesOnlyAsync(next, good, node);
        await SyncPeerNode.StopAllAsync(good, liar, node);
    }, HeadersOnly with { MaxAnnouncedBlocks = 1 });

    /// <summary>It costs its maker nothing, so it may not wait for a parent that never comes.</summary>
    [Test]
    public void An_announcement_without_work_behind_it_does_not_wait() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(2);
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, []);
        await liar.AnnounceAsync(blocks[1] with { Certificate = blocks[1].Certificate with { PublicData = new byte[] { 9 } } }, 0);
        await node.WaitForVerdictsAsync(1);
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(node.Verdicts, Is.EqualTo((0, 0, 1)));
        await SyncPeerNode.StopAllAsync(good, liar, node);
    }, HeadersOnly);

    [Test]
    public void Garbage_on_the_topics_is_rejected() => Run(async scene =>
    {
        foreach (string topic in new[] { SyncProtocols.BlockTopic, SyncProtocols.TransactionTopic })
        {
            SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, $"liar-{topic.Length}", []);
            SyncPeerNode node = await SyncPeerNode.StartAsync(scene, $"node-{topic.Length}");
            await node.ConnectAsync(liar);
            await liar.Node.PublishAsync(topic, new byte[] { 1, 2, 3 });
            await WaitForRejectAsync(scene, node);
            await SyncPeerNode.StopAllAsync(liar, node);
        }
    }, HeadersOnly);

    [Test]
    public void A_block_that_came_too_early_is_taken_when_it_is_due() => Run(async scene =>
    {
        ulong lead = SyncChains.Parameters.MaxFutureMilliseconds;
        Block early = SyncChains.At(scene.Source, (ulong)scene.World.Time.GetUtcNow().ToUnixTimeMilliseconds() + lead + 5_000);
        SyncPeerNode ahead = await SyncPeerNode.StartLiarAsync(scene, "ahead", []);
        ahead.Answer(SyncProtocols.Block, _ => BodiesResponse.Encode(0, [early.Encode()]));
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(ahead);
        await ahead.Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(early, 0));
        await node.ReachAsync(early.Id);
        Assert.That(scene.World.Time.Now, Is.InRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(6)));
        Assert.That(node.IsBanned(ahead), Is.False);
        await SyncPeerNode.StopAllAsync(ahead, node);
    }, HeadersOnly);

    [Test]
    public void A_peer_takes_no_more_than_its_places() => Run(async scene =>
    {
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", []);
        int requests = 0;
        liar.Node.Serve(SyncProtocols.Block, async (_, _, cancellation) =>
        {
            requests++;
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.World.Time, cancellation);
            return null;
        });
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar);
        for (ulong i = 0; i < 30; i++)
        {
            Block block = SyncChains.At(node.Chain, node.Chain.Head.Header.TimestampMs + 1_000 + i);
            await liar.Node.PublishAsync(SyncProtocols.BlockTopic, BlockAnnouncement.Encode(block, 0));
        }

        await Task.Delay(TimeSpan.FromSeconds(1), scene.World.Time);
        Assert.That(requests, Is.InRange(1, scene.Options.MaxAnnouncedBlocksPerPeer));
        await SyncPeerNode.StopAllAsync(liar, node);
    }, HeadersOnly);

    [TestCase(64, Description = "by its id")]
    [TestCase(32 * 1024, Description = "whole")]
    public void A_transaction_reaches_all_pools(int inlineBytes) => Run(async scene =>
    {
        (SyncPeerNode a, SyncPeerNode b, SyncPeerNode c) = await LineAsync(scene);
        Transaction payment = SyncChains.Pay(0);
        Assert.That(a.Pool.Admit(payment).ToString(), Is.EqualTo("Ok"));
        a.Sync!.Publish(payment);
        await c.UntilAsync(() => c.Pool.Find(payment.Id) is not null);
        Assert.That(b.Pool.Count, Is.EqualTo(1));
        await SyncPeerNode.StopAllAsync(a, b, c);
    }, HeadersOnly with { InlineTransactionBytes = inlineBytes });

    [Test]
    public void Many_transactions_are_admitted_in_order() => Run(async scene =>
    {
        (SyncPeerNode a, SyncPeerNode b, SyncPeerNode c) = await LineAsync(scene);
        for (ulong nonce = 0; nonce < 50; nonce++)
        {
            Transaction payment = SyncChains.Pay(nonce);
            Assert.That(a.Pool.Admit(payment).ToString(), Is.EqualTo("Ok"));
            a.Sync!.Publish(payment);
        }

        await c.UntilAsync(() => c.Pool.Count == 50);
        Assert.That(c.IsBanned(b), Is.False);
        await SyncPeerNode.StopAllAsync(a, b, c);
    }, HeadersOnly with { InlineTransactionBytes = 32 * 1024 });

    /// <summary>On two topics at once, since one topic's announcements of a peer are judged one after the other.</summary>
    [Test]
    public void A_peer_has_its_own_share_of_the_transactions_that_are_fetched() => Run(async scene =>
    {
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", []);
        SyncPeerNode honest = await SyncPeerNode.StartLiarAsync(scene, "honest", []);
        int held = 0;
        liar.Node.Serve(SyncProtocols.Transactions, async (_, _, cancellation) =>
        {
            held++;
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.World.Time, cancellation);
            return null;
        });
        honest.Answer(SyncProtocols.Transactions, _ => new TransactionsResponse([SyncChains.Pay(0)]).Encode());
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar, honest);
        await liar.Node.PublishAsync(TransactionTopics.Transactions.Name, TransactionAnnouncement.Encode(SyncChains.Pay(7), 64));
        await liar.Node.PublishAsync(TransactionTopics.Jobs.Name, TransactionAnnouncement.Encode(SyncChains.Pay(8), 64));
        await Task.Delay(TimeSpan.FromMilliseconds(100), scene.World.Time);
        Assert.That((held, node.Verdicts.Ignored), Is.EqualTo((1, 1)));
        await honest.Node.PublishAsync(TransactionTopics.Transactions.Name, TransactionAnnouncement.Encode(SyncChains.Pay(0), 64));
        await node.UntilAsync(() => node.Pool.Count == 1);
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(1)));
        await SyncPeerNode.StopAllAsync(liar, honest, node);
    }, HeadersOnly with { MaxFetchedTransactions = 2, MaxFetchedTransactionsPerPeer = 1 });

    [Test]
    public void A_transaction_whose_announcer_keeps_it_back_comes_from_another() => Run(async scene =>
    {
        (SyncPeerNode liar, SyncPeerNode honest, SyncPeerNode node) = await MuteAndHonestAsync(scene);
        await liar.Node.PublishAsync(TransactionTopics.Transactions.Name, TransactionAnnouncement.Encode(SyncChains.Pay(0), 64));
        await node.UntilAsync(() => node.Pool.Count == 1);
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(1)));
        await SyncPeerNode.StopAllAsync(liar, honest, node);
    }, HeadersOnly);

    /// <summary>Its places are taken, on another topic: the id is not taken for one that was judged.</summary>
    [Test]
    public void A_transaction_that_was_refused_for_its_announcer_is_taken_from_another() => Run(async scene =>
    {
        (SyncPeerNode liar, SyncPeerNode honest, SyncPeerNode node) = await MuteAndHonestAsync(scene);
        await liar.Node.PublishAsync(TransactionTopics.Jobs.Name, TransactionAnnouncement.Encode(SyncChains.Pay(8), 64));
        await Task.Delay(TimeSpan.FromMilliseconds(50), scene.World.Time);
        await liar.Node.PublishAsync(TransactionTopics.Transactions.Name, TransactionAnnouncement.Encode(SyncChains.Pay(0), 64));
        await Task.Delay(TimeSpan.FromMilliseconds(50), scene.World.Time);
        Assert.That((node.Pool.Count, node.Verdicts.Ignored), Is.EqualTo((0, 1)));
        await honest.Node.PublishAsync(TransactionTopics.Transactions.Name, TransactionAnnouncement.Encode(SyncChains.Pay(0), 64));
        await node.UntilAsync(() => node.Pool.Count == 1);
        Assert.That(node.IsBanned(honest), Is.False);
        await SyncPeerNode.StopAllAsync(liar, honest, node);
    }, HeadersOnly with { MaxFetchedTransactionsPerPeer = 1 });

    /// <summary>Without a seat for its announcer an announcement is forgotten, and the copy of another peer leads to the block.</summary>
    [Test]
    public void A_block_that_was_refused_for_its_announcer_is_taken_from_another() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(3);
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, blocks);
        await liar.AnnounceAsync(blocks[2], 0);
        await Task.Delay(TimeSpan.FromMilliseconds(50), scene.World.Time);
        await liar.AnnounceAsync(blocks[1], 0);
        await Task.Delay(TimeSpan.FromMilliseconds(50), scene.World.Time);
        Assert.That((node.Chain.Head.Height, node.Verdicts), Is.EqualTo((0ul, (0L, 1L, 0L))));
        await good.AnnounceAsync(blocks[1], 0);
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(1)));
        await SyncPeerNode.StopAllAsync(good, liar, node);
    }, HeadersOnly with { MaxWaitingBlocksPerPeer = 1 });

    /// <summary>What it announced waits no longer for what it would have shown, and takes no seat and no bytes.</summary>
    [Test]
    public void The_announcements_of_a_peer_that_goes_end_with_it() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(3);
        (SyncPeerNode good, SyncPeerNode liar, SyncPeerNode node) = await TwoAnnouncersAsync(scene, []);
        await liar.AnnounceAsync(blocks[2], 0);
        await Task.Delay(TimeSpan.FromMilliseconds(50), scene.World.Time);
        Assert.That(node.Verdicts, Is.EqualTo((0L, 0L, 0L)));
        await liar.StopAsync();
        await node.WaitForVerdictsAsync(1);
        Assert.That(scene.World.Time.Now - SyncPeerNode.Meeting, Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(node.Verdicts, Is.EqualTo((0L, 1L, 0L)));
        await SyncPeerNode.StopAllAsync(good, node);
    }, HeadersOnly);

    [Test]
    public void A_peer_that_gives_another_transaction_than_it_announced_is_banned() => Run(async scene =>
    {
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", []);
        liar.Answer(SyncProtocols.Transactions, _ => new TransactionsResponse([SyncChains.Pay(1)]).Encode());
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar);
        await liar.Node.PublishAsync(SyncProtocols.TransactionTopic, TransactionAnnouncement.Encode(SyncChains.Pay(0), 64));
        await WaitForBanAsync(scene, node, liar);
        Assert.That(node.Pool.Count, Is.Zero);
        await SyncPeerNode.StopAllAsync(liar, node);
    }, HeadersOnly);

    /// <summary>A joining node first catches up, else the transactions would be of the future; then it learns what waits.</summary>
    [Test]
    public void A_node_that_joins_learns_the_transactions_that_wait() => Run(async scene =>
    {
        Transaction[] payments = [.. Enumerable.Range(0, 30).Select(nonce => SyncChains.Pay((ulong)nonce))];
        Block mined = SyncChains.Next(scene.Source, payments[..10]);
        SyncChains.ImportAll(scene.Source, [mined]);
        List<Block> above = scene.Grow(20);
        SyncPeerNode peer = await SyncPeerNode.StartAsync(scene, "peer", [mined, .. above]);
        Assert.That(peer.Pool.AdmitAll(payments[10..]).Select(static result => result.IsValid), Is.All.True);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(peer);
        await node.UntilAsync(() => node.Pool.Count == 20);
        Assert.That(node.Pool.List().Select(static payment => payment.Id), Is.EquivalentTo(payments[10..].Select(static payment => payment.Id)));
        await SyncPeerNode.StopAllAsync(peer, node);
    }, HeadersOnly with { MaxTransactionIds = 64, AnswerBytes = 500 });

    [Test]
    public void A_pool_of_forged_transactions_costs_its_sender_the_connection() => Run(async scene =>
    {
        Transaction honest = SyncChains.Pay(0);
        Transaction forged = new(honest.Body, new byte[Secp256k1Scheme.SignatureSize]);
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", []);
        liar.AnswerHeaders();
        liar.Answer(SyncProtocols.Pool, _ => new PoolResponse([forged.Id]).Encode());
        liar.Answer(SyncProtocols.Transactions, _ => new TransactionsResponse([forged]).Encode());
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar);
        await WaitForBanAsync(scene, node, liar);
        Assert.That(node.Pool.Count, Is.Zero);
        await SyncPeerNode.StopAllAsync(liar, node);
    }, HeadersOnly);

    [Test]
    public void A_peer_over_its_budget_gets_an_empty_answer_until_it_is_paid_back() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(20);
        SyncPeerNode server = await SyncPeerNode.StartAsync(scene, "server", blocks);
        SyncPeerNode client = await SyncPeerNode.StartLiarAsync(scene, "client", []);
        await client.ConnectAsync(server);
        byte[] request = new BodiesRequest([.. blocks.Select(static block => block.Id)]).Encode();
        async Task<int> AskAsync() => (await client.Node.RequestAsync(
            server.Node.Id, SyncProtocols.Bodies, request, TimeSpan.FromSeconds(5))).Response.Length;
        Assert.That(await AskAsync(), Is.GreaterThan(4_000));
        Assert.That(await AskAsync(), Is.Zero);
        await Task.Delay(TimeSpan.FromSeconds(10), scene.World.Time);
        Assert.That(await AskAsync(), Is.GreaterThan(4_000));
        await SyncPeerNode.StopAllAsync(server, client);
    }, HeadersOnly with { ServedBytesPerSecond = 2_000 });

    /// <summary>One peer has used up what all may have of bodies; announced blocks and headers are served to everybody.</summary>
    [Test]
    public void Bulk_does_not_starve_new_blocks_and_headers() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(20);
        SyncPeerNode server = await SyncPeerNode.StartAsync(scene, "server", blocks);
        SyncPeerNode greedy = await SyncPeerNode.StartLiarAsync(scene, "greedy", []);
        SyncPeerNode client = await SyncPeerNode.StartLiarAsync(scene, "client", []);
        await greedy.ConnectAsync(server);
        await client.ConnectAsync(server);
        byte[] bulk = new BodiesRequest([.. blocks.Select(static block => block.Id)]).Encode();
        byte[] one = new BodiesRequest([blocks[^1].Id]).Encode();
        byte[] headers = new HeadersRequest([server.Chain.Genesis.Id], 20).Encode();
        async Task<int> AskAsync(SyncPeerNode who, string protocol, byte[] request) =>
            (await who.Node.RequestAsync(server.Node.Id, protocol, request, TimeSpan.FromSeconds(5))).Response.Length;
        Assert.That(await AskAsync(greedy, SyncProtocols.Bodies, bulk), Is.GreaterThan(4_000));
        Assert.That(await AskAsync(client, SyncProtocols.Bodies, bulk), Is.Zero, "there is nothing left of this");
        foreach (SyncPeerNode who in new[] { greedy, client })
        {
            Assert.That(await AskAsync(who, SyncProtocols.Block, one), Is.GreaterThan(200));
            Assert.That(await AskAsync(who, SyncProtocols.Headers, headers), Is.GreaterThan(1_000));
        }

        await SyncPeerNode.StopAllAsync(server, greedy, client);
    }, HeadersOnly with { ServedBytesPerSecond = 2_000, TotalServedBytesPerSecond = 2_000 });

    /// <summary>Requests of the sync count as such, not with what an application serves.</summary>
    [Test]
    public void Requests_of_the_sync_have_a_budget_of_their_own()
    {
        MessageBudgetOptions budget = new() { Sync = new MessageRate(TokenRate.PerSecond(1, 3), TokenRate.PerSecond(1 << 20, 1 << 20)) };
        SyncScene scene = new()
        {
            Options = HeadersOnly,
            Network = new NetworkOptions { Host = new HostOptions { FaultsBeforeBan = 1 }, Guards = new GuardOptions { Messages = budget } },
        };
        scene.World.Run(async () =>
        {
            SyncPeerNode server = await SyncPeerNode.StartAsync(scene, "server");
            SyncPeerNode client = await SyncPeerNode.StartLiarAsync(scene, "client", []);
            await client.ConnectAsync(server);
            server.Answer("own", static _ => [1]);
            byte[] headers = new HeadersRequest([server.Chain.Genesis.Id], 20).Encode();
            async Task<RequestStatus> AskAsync(string protocol) =>
                (await client.Node.RequestAsync(server.Node.Id, protocol, headers, TimeSpan.FromSeconds(5))).Status;
            List<RequestStatus> answers = [];
            for (int i = 0; i < 5; i++)
            {
                answers.Add(await AskAsync(SyncProtocols.Headers));
                answers.Add(await AskAsync("own"));
            }

            Assert.That(answers.Where(static (_, i) => i % 2 == 0).Count(static status => status == RequestStatus.Refused), Is.EqualTo(2));
            Assert.That(answers.Where(static (_, i) => i % 2 == 1), Is.All.EqualTo(RequestStatus.Ok));
            await SyncPeerNode.StopAllAsync(server, client);
        });
    }

    [TestCase(SyncProtocols.Headers)]
    [TestCase(SyncProtocols.Bodies)]
    [TestCase(SyncProtocols.Block)]
    [TestCase(SyncProtocols.Transactions)]
    [TestCase(SyncProtocols.Pool)]
    [TestCase(SyncProtocols.Snapshots)]
    public void A_malformed_request_counts_against_its_sender(string protocol) => Run(async scene =>
    {
        SyncPeerNode server = await SyncPeerNode.StartAsync(scene, "server");
        SyncPeerNode client = await SyncPeerNode.StartLiarAsync(scene, "client", []);
        await client.ConnectAsync(server);
        await client.Node.RequestAsync(server.Node.Id, protocol, new byte[] { 0x81, 1 }, TimeSpan.FromSeconds(5));
        Assert.That(server.IsBanned(client), Is.True);
        await SyncPeerNode.StopAllAsync(server, client);
    }, HeadersOnly);

    /// <summary>Connects, and waits until the nodes are in each other's meshes, so that gossip does not wait for a heartbeat.</summary>
    private static async Task WaitForRejectAsync(SyncScene scene, SyncPeerNode node)
    {
        while (node.Observer.Events.Items.All(static seen => seen.Kind != NetworkEventKind.GossipRejected))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), scene.World.Time);
        }
    }

    private static async Task WaitForBanAsync(SyncScene scene, SyncPeerNode node, SyncPeerNode liar)
    {
        while (!node.IsBanned(liar))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), scene.World.Time);
        }
    }

    private static async Task<(SyncPeerNode A, SyncPeerNode B, SyncPeerNode C)> LineAsync(SyncScene scene)
    {
        SyncPeerNode a = await SyncPeerNode.StartAsync(scene, "a");
        SyncPeerNode b = await SyncPeerNode.StartAsync(scene, "b");
        SyncPeerNode c = await SyncPeerNode.StartAsync(scene, "c");
        await b.ConnectAsync(a, c);
        return (a, b, c);
    }

    /// <summary>A node with a peer that gives no transactions, and one that has the first payment.</summary>
    private static async Task<(SyncPeerNode Liar, SyncPeerNode Honest, SyncPeerNode Node)> MuteAndHonestAsync(SyncScene scene)
    {
        SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, "liar", []);
        SyncPeerNode honest = await SyncPeerNode.StartLiarAsync(scene, "honest", []);
        liar.Node.Serve(SyncProtocols.Transactions, async (_, _, cancellation) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, scene.World.Time, cancellation);
            return null;
        });
        Transaction payment = SyncChains.Pay(0);
        honest.Answer(SyncProtocols.Transactions, message => new TransactionsResponse(
            TransactionsRequest.TryDecode(message.Span)!.Ids.Contains(payment.Id) ? [payment] : []).Encode());
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(liar, honest);
        return (liar, honest, node);
    }

    /// <summary>A node with two peers that say what a test makes them say; both answer for the blocks unless the test does.</summary>
    private static async Task<(SyncPeerNode One, SyncPeerNode Other, SyncPeerNode Node)> TwoAnnouncersAsync(
        SyncScene scene, List<Block> blocks, bool answersBodies = true)
    {
        SyncPeerNode one = await SyncPeerNode.StartLiarAsync(scene, "one", blocks);
        SyncPeerNode other = await SyncPeerNode.StartLiarAsync(scene, "other", blocks);
        if (answersBodies)
        {
            one.AnswerBodies(static block => block);
            other.AnswerBodies(static block => block);
        }

        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node");
        await node.ConnectAsync(one, other);

        // Not before: the sync would fetch what is to be announced.
        one.AnswerHeaders();
        return (one, other, node);
    }

    private static void AnswerOnly(SyncPeerNode peer, Block block) => peer.Answer(
        SyncProtocols.Block, request => BodiesRequest.TryDecode(request.Span)!.Ids[0] == block.Id ? BodiesResponse.Encode(0, [block.Encode()]) : null);

    /// <summary>The same block, so the same id, under a signature that does not verify.</summary>
    private static Block Resealed(Block block)
    {
        byte[] signature = block.Seal.Signature.ToArray();
        signature[^1] ^= 1;
        return block with { Seal = block.Seal with { Signature = signature } };
    }

    /// <summary>What waits at the node leaves the one place to a block that can be judged now.</summary>
    private static async Task JudgesOnlyAsync(Block next, SyncPeerNode announcer, SyncPeerNode node)
    {
        await announcer.AnnounceAsync(next, 0);
        await node.WaitForVerdictsAsync(1);
        Assert.That((node.Verdicts, node.Chain.Head.Id), Is.EqualTo(((1, 0, 0), next.Id)));
    }

    private static void Run(Func<SyncScene, Task> scenario, SyncOptions options) =>
        SyncScene.Play(scenario, options);
}
