using PoUW.Core.Primitives;
using PoUW.Network.Chunks;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Requests;
using PoUW.Network.Tests.Gossip.Support;
using PoUW.Network.Tests.Support;
using PoUW.Network.Tests.Sync;

namespace PoUW.Network.Tests.Chunks;

/// <summary>Chunks in virtual time: holders that are slow or busy, and readers that want too much.</summary>
[TestFixture]
internal sealed class ChunkFairnessTests
{
    private static readonly byte[] Chunk = new byte[1000];

    private static Hash256 Address => Hash256.Sha256(Chunk);

    /// <summary>The preferred holder says nothing; the chunk comes from the other one long before the first request ends.</summary>
    [Test]
    public void A_holder_that_takes_long_is_overtaken_and_its_request_taken_back() => Run(new ChunkOptions(), async (scene, reader, holders) =>
    {
        bool isTakenBack = false;
        holders[0].Node.Serve(ChunkExchange.Protocol, async (_, _, cancellation) =>
        {
            await using (cancellation.Register(() => isTakenBack = true))
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, scene.World.Time, cancellation);
                return null;
            }
        });
        new ChunkExchange(holders[1].Node, new TestChunkStore()).Put(Chunk);
        TimeSpan start = scene.World.Time.Now;
        FetchResult result = await new ChunkExchange(reader.Node, new TestChunkStore()).FetchAsync(Address, [holders[0].Node.Id]);
        Assert.That(result.IsOk, Is.True);
        Assert.That(scene.World.Time.Now - start, Is.LessThan(TimeSpan.FromSeconds(3)));
        await Task.Delay(TimeSpan.FromSeconds(1), scene.World.Time);
        Assert.That(isTakenBack, Is.True);
    });

    /// <summary>Each answer takes longer than the next holder waits to be asked: a slow downlink, which copies would make slower yet.</summary>
    [Test]
    public void No_more_than_two_holders_send_the_same_chunk() => Run(new ChunkOptions(), async (scene, reader, holders) =>
    {
        int open = 0;
        int most = 0;
        foreach (SyncPeerNode holder in holders)
        {
            holder.Node.Serve(ChunkExchange.Protocol, async (_, _, cancellation) =>
            {
                most = Math.Max(most, ++open);
                try
                {
                    await Task.Delay(TimeSpan.FromSeconds(12), scene.World.Time, cancellation);
                    return holder == holders[^1] ? Chunk : null;
                }
                finally
                {
                    open--;
                }
            });
        }

        FetchResult result = await new ChunkExchange(reader.Node, new TestChunkStore()).FetchAsync(Address, [.. holders.Select(static one => one.Node.Id)]);
        Assert.That((result.IsOk, most), Is.EqualTo((true, 2)));
    }, holders: 4);

    /// <summary>It is busy for longer than eight short pauses, and nobody else has the chunk.</summary>
    [Test]
    public void A_sole_holder_that_is_busy_for_long_is_asked_until_it_gives_the_chunk() => Run(new ChunkOptions(), async (scene, reader, holders) =>
    {
        int asked = 0;
        holders[0].Node.Serve(ChunkExchange.Protocol, (_, _, _) =>
        {
            asked++;
            return scene.World.Time.Now < TimeSpan.FromSeconds(25) ? throw Busy() : ValueTask.FromResult<ReadOnlyMemory<byte>?>(Chunk);
        });
        FetchResult result = await new ChunkExchange(reader.Node, new TestChunkStore()).FetchAsync(Address);
        Assert.That(result.IsOk, Is.True);
        Assert.That(asked, Is.LessThan(12), "ever more seldom");
    });

    [Test]
    public void A_holder_that_is_always_busy_is_given_up_after_a_while() => Run(new ChunkOptions(), async (scene, reader, holders) =>
    {
        holders[0].Node.Serve(ChunkExchange.Protocol, static (_, _, _) => throw Busy());
        TimeSpan start = scene.World.Time.Now;
        Assert.That((await new ChunkExchange(reader.Node, new TestChunkStore()).FetchAsync(Address)).Status, Is.EqualTo(FetchStatus.NotFound));
        Assert.That(scene.World.Time.Now - start, Is.InRange(TimeSpan.FromSeconds(26), TimeSpan.FromSeconds(36)));
    });

    /// <summary>A busy holder takes none of the two places while it is left alone.</summary>
    [Test]
    public void Busy_holders_keep_nobody_from_one_that_has_time() => Run(new ChunkOptions(), async (scene, reader, holders) =>
    {
        foreach (SyncPeerNode busy in holders[..^1])
        {
            busy.Node.Serve(ChunkExchange.Protocol, static (_, _, _) => throw Busy());
        }

        new ChunkExchange(holders[^1].Node, new TestChunkStore()).Put(Chunk);
        TimeSpan start = scene.World.Time.Now;
        FetchResult result = await new ChunkExchange(reader.Node, new TestChunkStore()).FetchAsync(Address, [.. holders.Select(static one => one.Node.Id)]);
        Assert.That(result.IsOk, Is.True);
        Assert.That(scene.World.Time.Now - start, Is.LessThan(TimeSpan.FromSeconds(1)));
    }, holders: 4);

    /// <summary>A request that another one overtook fails while it is ended.</summary>
    [Test]
    public void The_failure_of_a_late_request_does_not_replace_the_answer()
    {
        SyncScene scene = new();
        scene.World.Run(async () =>
        {
            List<string> failures = [];
            PeerId[] peers = [GossipIds.Peer(1), GossipIds.Peer(2)];
            HedgedRequests requests = new(
                new HedgedOptions(TimeSpan.FromSeconds(2), 2), scene.World.Time, failure => failures.Add(failure.Message), CancellationToken.None);
            int? answer = await requests.FirstAsync(peers, async (peer, end) =>
            {
                try
                {
                    await Task.Delay(peer == peers[0] ? TimeSpan.FromSeconds(9) : TimeSpan.FromSeconds(1), scene.World.Time, end);
                    return (int?)7;
                }
                catch (OperationCanceledException)
                {
                    throw new InvalidOperationException("broken");
                }
            });
            Assert.That(answer, Is.EqualTo(7));
            Assert.That(failures, Is.EqualTo(new[] { "broken" }));
        });
    }

    /// <summary>A reader over its budget is told so, others are served, and it gets the rest later without asking anybody else.</summary>
    [Test]
    public void A_reader_that_wants_too_much_gets_it_later() => Run(
        new ChunkOptions { ServedBytesPerSecond = 1_500, TotalServedBytesPerSecond = 1_000_000 }, async (scene, reader, holders) =>
    {
        ChunkExchange source = new(holders[0].Node, new TestChunkStore());
        List<Hash256> wanted = [.. Enumerable.Range(0, 4).Select(i => source.Put(Enumerable.Repeat((byte)i, 1000).ToArray()))];
        RequestStatus[] answers = new RequestStatus[4];
        for (int i = 0; i < 4; i++)
        {
            answers[i] = (await reader.Node.RequestAsync(
                holders[0].Node.Id, ChunkExchange.Protocol, wanted[i].ToArray(), TimeSpan.FromSeconds(5))).Status;
        }

        Assert.That(answers, Is.EqualTo(new[] { RequestStatus.Ok, RequestStatus.Refused, RequestStatus.Refused, RequestStatus.Refused }));
        Assert.That((await new ChunkExchange(holders[1].Node, new TestChunkStore()).FetchAsync(wanted[0], [holders[0].Node.Id])).IsOk, Is.True);
        ChunkExchange exchange = new(reader.Node, new TestChunkStore());
        FetchResult[] results = await Task.WhenAll(wanted.Select(hash => exchange.FetchAsync(hash).AsTask()));
        Assert.That(results.Select(static result => result.Status), Is.All.EqualTo(FetchStatus.Ok));
        Assert.That(holders[0].Observer.Events.Items.Any(static seen => seen.Kind == NetworkEventKind.HandlerFailed), Is.False);
    });

    [Test]
    public void All_readers_together_have_a_budget() => Run(
        new ChunkOptions { ServedBytesPerSecond = 1_000_000, TotalServedBytesPerSecond = 1_500 }, async (scene, reader, holders) =>
    {
        new ChunkExchange(holders[0].Node, new TestChunkStore()).Put(Chunk);
        async Task<RequestStatus> AskAsync(SyncPeerNode who) => (await who.Node.RequestAsync(
            holders[0].Node.Id, ChunkExchange.Protocol, Address.ToArray(), TimeSpan.FromSeconds(5))).Status;
        Assert.That(await AskAsync(reader), Is.EqualTo(RequestStatus.Ok));
        Assert.That(await AskAsync(holders[1]), Is.EqualTo(RequestStatus.Refused));
        await Task.Delay(TimeSpan.FromSeconds(2), scene.World.Time);
        Assert.That(await AskAsync(holders[1]), Is.EqualTo(RequestStatus.Ok));
    });

    /// <summary>A manifest says that its blob has half a gigabyte, and nobody has a chunk of it.</summary>
    [Test]
    public void A_manifest_alone_takes_no_memory() => Run(new ChunkOptions(), async (scene, reader, holders) =>
    {
        int length = reader.Node.Options.Chunks.MaxChunkBytes;
        PoUW.Core.Codec.RlpWriter writer = new PoUW.Core.Codec.RlpWriter().BeginList().Write(1UL).Write(256UL * (ulong)length).Write((ulong)length).BeginList();
        for (int i = 0; i < 256; i++)
        {
            writer.Write(Hash256.Sha256([(byte)i]));
        }

        ChunkExchange source = new(holders[0].Node, new TestChunkStore());
        Hash256 address = source.Put(writer.EndList().EndList().ToArray());
        BlobTransfer transfer = new(new ChunkExchange(reader.Node, new TestChunkStore()));
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.That((await transfer.FetchAsync(address)).Status, Is.EqualTo(FetchStatus.NotFound));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(64 * 1024 * 1024));
    });

    /// <summary>Several callers wait for one fetch, one of them with a token: all go on where they were.</summary>
    [Test]
    public void Callers_that_share_a_fetch_stay_in_their_context() => Run(new ChunkOptions(), async (scene, reader, holders) =>
    {
        holders[0].Node.Serve(ChunkExchange.Protocol, async (_, _, cancellation) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), scene.World.Time, cancellation);
            return Chunk;
        });
        ChunkExchange exchange = new(reader.Node, new TestChunkStore());
        using CancellationTokenSource cancel = new();
        Task<FetchResult>[] all = [.. Enumerable.Range(0, 3).Select(_ => exchange.FetchAsync(Address, null, cancel.Token).AsTask())];
        Assert.That((await Task.WhenAll(all)).Select(static result => result.IsOk), Is.All.True);
    });

    private static NetworkException Busy() => new(NetworkError.LimitReached, "busy");

    /// <summary>A reader and holders, the first one connected with the others; the world fails if anything leaves its thread.</summary>
    private static void Run(ChunkOptions chunks, Func<SyncScene, SyncPeerNode, SyncPeerNode[], Task> scenario, int holders = 2)
    {
        SyncScene scene = new() { Network = new NetworkOptions { Chunks = chunks } };
        scene.World.Run(async () =>
        {
            List<SyncPeerNode> nodes = [await SyncPeerNode.StartLiarAsync(scene, "reader", [])];
            for (int i = 0; i < holders; i++)
            {
                nodes.Add(await SyncPeerNode.StartLiarAsync(scene, $"holder-{i}", []));
            }

            await nodes[0].ConnectAsync([.. nodes[1..]]);
            await nodes[1].ConnectAsync([.. nodes[2..]]);
            await scenario(scene, nodes[0], [.. nodes[1..]]);
            foreach (SyncPeerNode node in nodes)
            {
                await node.StopAsync();
            }
        });
    }
}
