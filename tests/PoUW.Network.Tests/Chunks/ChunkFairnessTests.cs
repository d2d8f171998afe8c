using PoUW.Core.Primitives;
using PoUW.Network.Chunks;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Requests;
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

    /// <summary>A reader and two holders, connected with each other; the world fails if anything leaves its thread.</summary>
    private static void Run(ChunkOptions chunks, Func<SyncScene, SyncPeerNode, SyncPeerNode[], Task> scenario)
    {
        SyncScene scene = new() { Network = new NetworkOptions { Chunks = chunks } };
        scene.World.Run(async () =>
        {
            SyncPeerNode[] nodes =
            [
                await SyncPeerNode.StartLiarAsync(scene, "reader", []), await SyncPeerNode.StartLiarAsync(scene, "first", []),
                await SyncPeerNode.StartLiarAsync(scene, "second", []),
            ];
            await nodes[0].ConnectAsync(nodes[1], nodes[2]);
            await nodes[1].ConnectAsync(nodes[2]);
            await scenario(scene, nodes[0], nodes[1..]);
            foreach (SyncPeerNode node in nodes)
            {
                await node.StopAsync();
            }
        });
    }
}
