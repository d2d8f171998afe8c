using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Finality;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.State.Snapshots;
using PoUW.Core.Storage;
using PoUW.Network.Sync;

namespace PoUW.Network.Tests.Sync;

/// <summary>Beginning a chain with the state of a trusted block.</summary>
[TestFixture]
internal sealed class SnapshotSyncTests
{
    private const int Trusted = 30;

    [Test]
    public void A_new_node_begins_with_the_state_of_the_trusted_block_and_goes_on_with_blocks() => Run(async scene =>
    {
        (List<Block> blocks, SyncPeerNode[] peers) = await PeersAsync(scene, 2);
        using InMemoryKeyValueStore store = new();
        Checkpoint trusted = new(Trusted, blocks[Trusted - 1].Id);
        Assert.That(await BeginAsync(scene, store, trusted, peers), Is.True);
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "new", store: store, trusted: trusted);
        Assert.That((node.Chain.Head.Height, node.Chain.BaseHeight), Is.EqualTo(((ulong)Trusted, (ulong)Trusted)));
        await node.ConnectAsync(peers);
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(node.Sync!.Status.Imported, Is.EqualTo(blocks.Count - Trusted));
        Assert.That(node.Chain.HeadState.GetAccount(SyncChains.Bob.Address), Is.EqualTo(scene.Source.HeadState.GetAccount(SyncChains.Bob.Address)));

        // It serves what it has, and says no to what it has not.
        SyncPeerNode late = await SyncPeerNode.StartAsync(scene, "late");
        await late.ConnectAsync(node);
        await Task.Delay(TimeSpan.FromSeconds(5), scene.World.Time);
        Assert.That(late.Chain.Head.Height, Is.Zero);
        Assert.That(late.IsBanned(node), Is.False);
        await SyncPeerNode.StopAllAsync([.. peers, node, late]);
    });

    [Test]
    public void A_peer_that_sends_a_wrong_chunk_is_banned_and_the_chunk_comes_from_another() => Run(async scene =>
    {
        (List<Block> blocks, SyncPeerNode[] peers) = await PeersAsync(scene, 1);
        Checkpoint trusted = new(Trusted, blocks[Trusted - 1].Id);
        foreach ((string name, Func<SnapshotChunk, SnapshotChunk> change) in new (string, Func<SnapshotChunk, SnapshotChunk>)[]
        {
            ("value", chunk => chunk with { Leaves = [chunk.Leaves[0] with { Value = new byte[] { 9 } }, .. chunk.Leaves.Skip(1)] }),
            ("missing", chunk => chunk with { Leaves = [.. chunk.Leaves.Skip(1)] }),
            ("short", chunk => new SnapshotExporter(scene.Source.StateAt(blocks[Trusted - 1].Header.StateRoot)).Next(null, 1)!),
        })
        {
            SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, $"liar-{name}", blocks);
            AnswerSnapshots(liar, trusted, change);
            using InMemoryKeyValueStore store = new();
            NetworkRecord record = new();
            Assert.That(await BeginAsync(scene, store, trusted, [liar, .. peers], record), Is.True, name);
            Assert.That(record.Warnings, Has.Count.EqualTo(1).And.All.Contains("chunk"), name);
            await liar.StopAsync();
        }

        await SyncPeerNode.StopAllAsync(peers);
    });

    /// <summary>The state has three chunks; the store fails after the first. The peers are asked for the others only, each for some.</summary>
    [Test]
    public void A_fetch_that_was_interrupted_goes_on_behind_the_last_chunk() => Run(async scene =>
    {
        (List<Block> blocks, SyncPeerNode[] peers) = await PeersAsync(scene, 2);
        Checkpoint trusted = new(Trusted, blocks[Trusted - 1].Id);
        using InMemoryKeyValueStore inner = new();
        FailingStore store = new(inner, static () => new StoreException(StoreFailure.DiskFull, "full")) { GoodBatches = 2, Failures = int.MaxValue };
        Assert.That(await BreaksAsync(scene, store, trusted, peers), Is.True);
        BlockChain between = SyncChains.Open(scene.World.Time, inner, parameters: scene.Parameters);
        Assert.That(between.Head.Height, Is.Zero, "no half of a state is the chain's");
        long[] before = [.. peers.Select(static peer => peer.Node.Statistics.RequestsServed)];
        Assert.That(await BeginAsync(scene, inner, trusted, peers), Is.True);
        long[] served = [.. peers.Select((peer, i) => peer.Node.Statistics.RequestsServed - before[i])];
        Assert.That(served, Is.All.EqualTo(3), "two offers, since the first asks what was left, and one chunk");
        Assert.That(SyncChains.Open(scene.World.Time, inner, trusted, scene.Parameters).Head.Id, Is.EqualTo(trusted.Id));
        await SyncPeerNode.StopAllAsync(peers);
    }, SyncChains.ManyAccounts());

    [Test]
    public void Without_an_offer_the_node_goes_on_with_blocks() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(40);
        SyncPeerNode peer = await SyncPeerNode.StartAsync(scene, "nothing-final", blocks);
        Checkpoint trusted = new(Trusted, blocks[Trusted - 1].Id);
        using InMemoryKeyValueStore store = new();
        NetworkRecord record = new();
        Assert.That(await BeginAsync(scene, store, trusted, [peer], record), Is.False);
        Assert.That(record.Warnings, Has.Count.EqualTo(1).And.All.Contains("fetched instead"));
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "new", store: store, trusted: trusted);
        await node.ConnectAsync(peer);
        await node.ReachAsync(blocks[^1].Id);
        await SyncPeerNode.StopAllAsync(peer, node);
    });

    /// <summary>
    /// Each chunk of the slow peer comes just before its request would end: the other one gives them meanwhile. A time that is no whole number of
    /// milliseconds leaves a rest that no timer counts.
    /// </summary>
    [TestCase(0)]
    [TestCase(TimeSpan.TicksPerMillisecond / 2)]
    public void A_peer_that_drips_chunks_is_overtaken_by_another(long ticks) => Run(async scene =>
    {
        (List<Block> blocks, SyncPeerNode[] peers) = await PeersAsync(scene, 1);
        Checkpoint trusted = new(Trusted, blocks[Trusted - 1].Id);
        SyncPeerNode slow = await SyncPeerNode.StartLiarAsync(scene, "slow", blocks);
        Block block = slow.Chain.GetBlock(trusted.Id)!;
        List<SnapshotChunk> chunks = [new SnapshotExporter(slow.Chain.StateAt(block.Header.StateRoot)).Next(null)!];
        while (chunks[^1].Right is not null)
        {
            chunks.Add(new SnapshotExporter(slow.Chain.StateAt(block.Header.StateRoot)).Next(chunks[^1].Leaves[^1].Path)!);
        }

        slow.Node.Serve(SyncProtocols.Snapshots, async (_, message, cancellation) =>
        {
            SnapshotRequest request = SnapshotRequest.TryDecode(message.Span)!;
            if (request.Chunk is { } number)
            {
                await Task.Delay(scene.Options.BodyTimeout - TimeSpan.FromSeconds(1), scene.World.Time, cancellation);
                return chunks[number].Encode();
            }

            List<BlockHeader> ancestors = [.. Enumerable.Range(1, SnapshotAdoption.AncestorCount)
                .Select(back => slow.Chain.GetBlockByHeight(trusted.Height - (ulong)back)!.Header)];
            return new SnapshotResponse(chunks.Count, 0, SyncChains.WithoutWitness(block), slow.Chain.GetReceipts(block.Id)!, ancestors).Encode();
        });
        using InMemoryKeyValueStore store = new();
        TimeSpan start = scene.World.Time.Now;
        Assert.That(chunks, Has.Count.EqualTo(3));
        Assert.That(await BeginAsync(scene, store, trusted, [slow, .. peers]), Is.True);
        Assert.That(scene.World.Time.Now - start, Is.LessThan(TimeSpan.FromSeconds(12)));
        await SyncPeerNode.StopAllAsync([slow, .. peers]);
    }, SyncChains.ManyAccounts(), new SyncOptions { PollInterval = TimeSpan.Zero, SnapshotChunkDelay = TimeSpan.FromSeconds(4) + TimeSpan.FromTicks(ticks) });

    /// <summary>The offer's receipts and ancestors follow from the block's id as well.</summary>
    [Test]
    public void A_peer_that_offers_other_receipts_or_ancestors_is_banned() => Run(async scene =>
    {
        (List<Block> blocks, SyncPeerNode[] peers) = await PeersAsync(scene, 1);
        Checkpoint trusted = new(Trusted, blocks[Trusted - 1].Id);
        foreach (Func<SnapshotResponse, SnapshotResponse> change in new Func<SnapshotResponse, SnapshotResponse>[]
        {
            offer => offer with { Receipts = [new Receipt(trusted.Id, Core.Validation.ValidationCode.Ok, 1, Amount.Zero)] },
            offer => offer with { Ancestors = [.. offer.Ancestors.Skip(1)] },
            offer => offer with { Ancestors = [.. offer.Ancestors.Reverse()] },
        })
        {
            SyncPeerNode liar = await SyncPeerNode.StartLiarAsync(scene, $"liar-{scene.NextNumber()}", blocks);
            AnswerSnapshots(liar, trusted, chunk => chunk, change);
            using InMemoryKeyValueStore store = new();
            NetworkRecord record = new();
            Assert.That(await BeginAsync(scene, store, trusted, [liar], record), Is.False);
            Assert.That(record.Warnings[0], Does.Contain("a wrong offer"));
            Assert.That(await BeginAsync(scene, store, trusted, peers), Is.True);
            await liar.StopAsync();
        }

        await SyncPeerNode.StopAllAsync(peers);
    });

    private static void AnswerSnapshots(
        SyncPeerNode liar, Checkpoint trusted, Func<SnapshotChunk, SnapshotChunk> change, Func<SnapshotResponse, SnapshotResponse>? changeOffer = null)
    {
        Block block = liar.Chain.GetBlock(trusted.Id)!;
        liar.Answer(SyncProtocols.Snapshots, message =>
        {
            if (SnapshotRequest.TryDecode(message.Span)!.Chunk is not null)
            {
                return change(new SnapshotExporter(liar.Chain.StateAt(block.Header.StateRoot)).Next(null)!).Encode();
            }

            List<BlockHeader> ancestors = [.. Enumerable.Range(1, SnapshotAdoption.AncestorCount)
                .Select(back => liar.Chain.GetBlockByHeight(trusted.Height - (ulong)back)!.Header)];
            SnapshotResponse offer = new(1, 0, SyncChains.WithoutWitness(block), liar.Chain.GetReceipts(block.Id)!, ancestors);
            return (changeOffer is null ? offer : changeOffer(offer)).Encode();
        });
    }

    /// <summary>Peers that trust the same block, so that it is final for them.</summary>
    private static async Task<(List<Block> Blocks, SyncPeerNode[] Peers)> PeersAsync(SyncScene scene, int count)
    {
        List<Block> blocks = [];
        for (ulong i = 0; i < 40; i++)
        {
            blocks.Add(SyncChains.Next(scene.Source, [SyncChains.Pay(i)]));
            SyncChains.ImportAll(scene.Source, blocks[^1..]);
        }

        List<SyncPeerNode> peers = [];
        for (int i = 0; i < count; i++)
        {
            peers.Add(await SyncPeerNode.StartAsync(scene, $"peer-{i}", blocks, trusted: new Checkpoint(Trusted, blocks[Trusted - 1].Id)));
        }

        return (blocks, [.. peers]);
    }

    private static async Task<bool> BeginAsync(
        SyncScene scene, IKeyValueStore store, Checkpoint trusted, SyncPeerNode[] peers, NetworkRecord? record = null)
    {
        SyncPeerNode guest = await SyncPeerNode.StartLiarAsync(scene, $"guest-{scene.NextNumber()}", []);
        try
        {
            await guest.ConnectAsync(peers);
            SnapshotAdoption adoption = new(SyncChains.Options(scene.World.Time, store, trusted, scene.Parameters));
            SnapshotSync sync = new(
                adoption, guest.Node, scene.Options, scene.World.Time, (record ?? new NetworkRecord()).Warnings.Add, CancellationToken.None);
            return await sync.RunAsync();
        }
        finally
        {
            await guest.StopAsync();
        }
    }

    private static async Task<bool> BreaksAsync(SyncScene scene, IKeyValueStore store, Checkpoint trusted, SyncPeerNode[] peers)
    {
        try
        {
            await BeginAsync(scene, store, trusted, peers);
            return false;
        }
        catch (StoreException)
        {
            return true;
        }
    }

    private static void Run(Func<SyncScene, Task> scenario, NetworkParameters? parameters = null, SyncOptions? options = null) =>
        SyncScene.Play(scenario, options ?? new SyncOptions { PollInterval = TimeSpan.Zero }, parameters);

    private sealed class NetworkRecord
    {
        public List<string> Warnings { get; } = [];
    }
}
