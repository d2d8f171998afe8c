using PoUW.Core.Primitives;
using PoUW.Network.Chunks;
using PoUW.Network.Hosting;
using PoUW.Network.Messaging;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Chunks;

internal sealed class ChunkExchangeTests
{
    [Test]
    public async Task ALyingPeerIsPunishedAndTheNextOneAsked()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode reader = await network.AddAsync(1, new NetworkOptions { Host = new HostOptions { FaultsBeforeBan = 1 } });
        TestNode liar = await network.AddAsync(2);
        TestNode honest = await network.AddAsync(3);
        await reader.ConnectAsync(liar);
        await reader.ConnectAsync(honest);
        liar.Node.Serve(ChunkExchange.Protocol, static (_, _, _) => ValueTask.FromResult<ReadOnlyMemory<byte>?>(new byte[] { 6, 6, 6 }));
        ChunkExchange source = new(honest.Node, new TestChunkStore());
        Hash256 hash = source.Put(new byte[] { 1, 2, 3 });
        TestChunkStore store = new();
        ChunkExchange exchange = new(reader.Node, store);

        FetchResult result = await exchange.FetchAsync(hash, [liar.Node.Id]).InTime();
        Assert.That((result.Status, result.Bytes.ToArray()), Is.EqualTo((FetchStatus.Ok, new byte[] { 1, 2, 3 })));
        Assert.That(store.Get(hash)!.Value.ToArray(), Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(store.Count, Is.EqualTo(1), "the liar's bytes were not kept");
        await liar.Disconnected.WaitForAsync(end => end.Reason == CloseReason.Banned);
        Assert.That(honest.Disconnected.Items, Is.Empty);
    }

    [Test]
    public async Task ASilentPeerTimesOutAndTheNextOneIsAsked()
    {
        ManualTimeProvider time = new();
        await using TestNetwork network = TestNetwork.InMemory(time);
        TestNode[] nodes = await network.AddManyAsync(3);
        await nodes[0].ConnectAsync(nodes[1]);
        await nodes[0].ConnectAsync(nodes[2]);
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        nodes[1].Node.Serve(ChunkExchange.Protocol, async (_, _, cancellation) =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
            return null;
        });
        Hash256 hash = new ChunkExchange(nodes[2].Node, new TestChunkStore()).Put(new byte[] { 4 });
        ChunkExchange exchange = new(nodes[0].Node, new TestChunkStore());
        Task<FetchResult> fetch = exchange.FetchAsync(hash, [nodes[1].Node.Id]).AsTask();
        await asked.Task.InTime();
        time.Advance(nodes[0].Node.Options.Chunks.ChunkTimeout);
        Assert.That((await fetch.InTime()).IsOk, Is.True);
    }

    [Test]
    public async Task ConcurrentFetchesOfOneHashShareOneRequest()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(2);
        await TestNetwork.ConnectLineAsync(nodes);
        byte[] chunk = [1, 2, 3];
        Collector<int> asked = new();
        TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
        nodes[1].Node.Serve(ChunkExchange.Protocol, async (_, _, _) =>
        {
            asked.Add(1);
            await open.Task;
            return chunk;
        });
        ChunkExchange exchange = new(nodes[0].Node, new TestChunkStore());
        using CancellationTokenSource cancel = new();
        Task<FetchResult> first = exchange.FetchAsync(Hash256.Sha256(chunk), null, cancel.Token).AsTask();
        Task<FetchResult>[] rest = [.. Enumerable.Range(0, 10).Select(_ => exchange.FetchAsync(Hash256.Sha256(chunk)).AsTask())];
        await asked.WaitForCountAsync(1);
        cancel.Cancel();
        Assert.That(async () => await first.InTime(), Throws.InstanceOf<OperationCanceledException>());
        open.SetResult();
        FetchResult[] results = await Task.WhenAll(rest).InTime();
        Assert.That(results.Select(static result => result.IsOk), Is.All.True, "one caller's cancellation is not the others'");
        Assert.That((await exchange.FetchAsync(Hash256.Sha256(chunk)).InTime()).IsOk, Is.True);
        Assert.That(asked.Items, Has.Count.EqualTo(1), "the last one came from the store");
    }

    [Test]
    public async Task WhatNobodyHasIsNotFound()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(3);
        await TestNetwork.ConnectMeshAsync(nodes);
        ChunkExchange[] exchanges = [.. nodes.Select(static node => new ChunkExchange(node.Node, new TestChunkStore()))];
        Assert.That((await exchanges[0].FetchAsync(Hash256.Sha256("x"u8)).InTime()).Status, Is.EqualTo(FetchStatus.NotFound));
        await nodes[0].DisposeAsync().InTime();
        Assert.That((await exchanges[0].FetchAsync(Hash256.Sha256("x"u8)).InTime()).Status, Is.EqualTo(FetchStatus.NotFound));
    }

    [Test]
    public async Task TooLongChunksAreNeitherStoredServedNorTaken()
    {
        NetworkOptions small = new() { Chunks = new ChunkOptions { MaxChunkBytes = 10 }, Host = new HostOptions { FaultsBeforeBan = 1 } };
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode reader = await network.AddAsync(1, small);
        TestNode modest = await network.AddAsync(2, small);
        TestNode large = await network.AddAsync(3);
        await reader.ConnectAsync(modest);
        await reader.ConnectAsync(large);
        TestChunkStore store = new();
        Hash256 hash = store.Put(new byte[11]);
        ChunkExchange exchange = new(reader.Node, new TestChunkStore());
        Assert.That(() => exchange.Put(new byte[11]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        ChunkExchange unwilling = new(modest.Node, store);
        Assert.That(unwilling.Options.MaxChunkBytes, Is.EqualTo(10));
        Assert.That((await exchange.FetchAsync(hash).InTime()).Status, Is.EqualTo(FetchStatus.NotFound));
        Assert.That(reader.Node.Peers, Has.Count.EqualTo(2));
        ChunkExchange willing = new(large.Node, store);
        Assert.That(willing.Options.MaxChunkBytes, Is.GreaterThan(10));
        Assert.That((await exchange.FetchAsync(hash).InTime()).Status, Is.EqualTo(FetchStatus.NotFound));
        await large.Disconnected.WaitForCountAsync(1);
    }

    [TestCase(5_000_000, null)]
    [TestCase(5_000_000, 65_536)]
    [TestCase(1, null)]
    [TestCase(0, null)]
    public async Task BlobsRoundTrip(int length, int? chunkBytes)
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(3);
        await TestNetwork.ConnectMeshAsync(nodes);
        BlobTransfer[] transfers = [.. nodes.Select(static node => new BlobTransfer(new ChunkExchange(node.Node, new TestChunkStore())))];
        byte[] blob = new byte[length];
        new Random(3).NextBytes(blob);
        Hash256 address = await transfers[0].PutAsync(blob, chunkBytes);
        FetchResult atOne = await transfers[1].FetchAsync(address).InTime();
        Assert.That(atOne.Bytes.Span.SequenceEqual(blob), Is.True);
        await nodes[0].DisposeAsync().InTime();
        FetchResult atTwo = await transfers[2].FetchAsync(address).InTime();
        Assert.That(atTwo.Bytes.Span.SequenceEqual(blob), Is.True, "a reader serves what it fetched");
    }

    [Test]
    public async Task BadManifestsAreNamed()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(2, new NetworkOptions { Chunks = new ChunkOptions { MaxBlobBytes = 1000 } });
        await TestNetwork.ConnectLineAsync(nodes);
        ChunkExchange source = new(nodes[0].Node, new TestChunkStore());
        BlobTransfer reader = new(new ChunkExchange(nodes[1].Node, new TestChunkStore()));
        Hash256 garbage = source.Put(new byte[] { 1, 2, 3 });
        Hash256 large = await new BlobTransfer(source).PutAsync(new byte[1001]);
        BlobManifest honest = BlobManifest.Describe(new byte[150], 100);
        Hash256 longer = source.Put(Lie(honest, 199).Encode());
        await new BlobTransfer(source).PutAsync(new byte[150], 100);
        Assert.That((await reader.FetchAsync(garbage).InTime()).Status, Is.EqualTo(FetchStatus.Malformed));
        Assert.That((await reader.FetchAsync(large).InTime()).Status, Is.EqualTo(FetchStatus.TooLarge));
        Assert.That((await reader.FetchAsync(longer).InTime()).Status, Is.EqualTo(FetchStatus.Malformed));
        Assert.That((await reader.FetchAsync(Hash256.Zero).InTime()).Status, Is.EqualTo(FetchStatus.NotFound));
        Assert.That((await reader.FetchAsync(honest.Address).InTime()).IsOk, Is.True);
    }

    [Test]
    public async Task AMissingChunkIsNotFound()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(2);
        await TestNetwork.ConnectLineAsync(nodes);
        TestChunkStore store = new();
        Hash256 address = await new BlobTransfer(new ChunkExchange(nodes[0].Node, store)).PutAsync(new byte[] { 1, 2, 3, 4 }, 2);
        store.Delete(Hash256.Sha256([3, 4]));
        BlobTransfer reader = new(new ChunkExchange(nodes[1].Node, new TestChunkStore()));
        Assert.That((await reader.FetchAsync(address).InTime()).Status, Is.EqualTo(FetchStatus.NotFound));
    }

    [Test]
    public async Task ABlobAboveTheCallersLimitIsNotAssembled()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(1);
        BlobTransfer blobs = new(new ChunkExchange(nodes[0].Node, new TestChunkStore()));
        Hash256 address = await blobs.PutAsync(new byte[11], 2);
        Assert.That((await blobs.FetchAsync(address, maxBytes: 10)).Status, Is.EqualTo(FetchStatus.TooLarge));
        Assert.That((await blobs.FetchAsync(address, maxBytes: 11)).Status, Is.EqualTo(FetchStatus.Ok));
    }

    [Test]
    public async Task DeletingABlobLeavesTheChunksOfTheBlobsToKeep()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(1);
        BlobTransfer blobs = new(new ChunkExchange(nodes[0].Node, new TestChunkStore()));
        Hash256 old = await blobs.PutAsync(new byte[] { 1, 2, 3, 4 }, 2);
        Hash256 kept = await blobs.PutAsync(new byte[] { 1, 2, 5, 6 }, 2);
        blobs.Delete([old], [kept]);
        Assert.That((await blobs.FetchAsync(kept)).Status, Is.EqualTo(FetchStatus.Ok));
        Assert.That((await blobs.FetchAsync(old)).Status, Is.EqualTo(FetchStatus.NotFound));
        blobs.Delete([old, kept], [kept]);
        Assert.That((await blobs.FetchAsync(kept)).Status, Is.EqualTo(FetchStatus.Ok));
    }

    [Test]
    public async Task DeletingABlobLeavesWhatOthersShare()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestChunkStore own = new();
        TestChunkStore cache = new();
        BlobTransfer blobs = new(new ChunkExchange((await network.AddAsync(1)).Node, own, cache));
        Hash256 old = await blobs.PutAsync(new byte[] { 1, 2, 3, 4 }, 2);
        Hash256 later = await blobs.PutAsync(new byte[] { 3, 4, 5, 6 }, 2);
        Assert.That((own.Count, cache.Count), Is.EqualTo((5, 0)));

        blobs.Delete([old], [later, Hash256.Zero]);
        Assert.That((blobs.IsLocal(old), blobs.IsLocal(later), own.Count), Is.EqualTo((false, true, 3)));
        blobs.Delete(later);
        Assert.That((blobs.IsLocal(later), own.Count), Is.EqualTo((false, 0)));
    }

    [Test]
    public async Task FetchedChunksGoToTheCache()
    {
        await using TestNetwork network = TestNetwork.InMemory();
        TestNode[] nodes = await network.AddManyAsync(2);
        await TestNetwork.ConnectLineAsync(nodes);
        Hash256 hash = new ChunkExchange(nodes[0].Node, new TestChunkStore()).Put(new byte[] { 1, 2 });
        TestChunkStore own = new();
        TestChunkStore cache = new();
        ChunkExchange reader = new(nodes[1].Node, own, cache);
        Assert.That((await reader.FetchAsync(hash).InTime()).IsOk, Is.True);
        Assert.That((own.Count, cache.Count), Is.EqualTo((0, 1)));
        Assert.That(reader.Find(hash)!.Value.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
    }

    private static BlobManifest Lie(BlobManifest manifest, ulong total)
    {
        PoUW.Core.Codec.RlpWriter writer = new PoUW.Core.Codec.RlpWriter().BeginList().Write(1UL).Write(total).Write(100UL).BeginList();
        foreach (Hash256 chunk in manifest.Chunks)
        {
            writer.Write(chunk);
        }

        Assert.That(BlobManifest.TryDecode(writer.EndList().EndList().ToArray(), 100, 1000, out BlobManifest? lie).IsValid, Is.True);
        return lie!;
    }
}
