using PoUW.Core.Blocks;
using PoUW.Core.Finality;
using PoUW.Core.Primitives;
using PoUW.Network.Requests;
using PoUW.Network.Sync;

namespace PoUW.Network.Tests.Sync;

/// <summary>What asking about states costs, and whom. Epochs have eight blocks: 7, 15, 23 are checkpoints; 30 is the trusted block.</summary>
[TestFixture]
internal sealed class SnapshotServingTests
{
    private static readonly SyncOptions Options = new() { PollInterval = TimeSpan.Zero, MaxSnapshotIndexes = 2 };

    [Test]
    public void Only_checkpoints_are_offered() => Run(Options, async (scene, blocks, server) =>
    {
        SyncPeerNode client = await ClientAsync(scene, server);
        foreach (int height in new[] { 6, 8, 22, 29, 31 })
        {
            Assert.That(await OfferAsync(client, server, blocks[height - 1].Id), Is.Null, $"{height}");
        }

        foreach (int height in new[] { 7, 15, 23, 30 })
        {
            Assert.That(await OfferAsync(client, server, blocks[height - 1].Id), Is.Not.Null, $"{height}");
        }

        await client.StopAsync();
    });

    [Test]
    public void A_peer_causes_one_count_a_minute() => Run(Options, async (scene, blocks, server) =>
    {
        SyncPeerNode client = await ClientAsync(scene, server);
        SyncPeerNode other = await ClientAsync(scene, server);
        Assert.That(await CountedAsync(scene, client, server, blocks[6].Id), Is.EqualTo(1));
        Assert.That(await CountedAsync(scene, client, server, blocks[14].Id), Is.Zero);
        Assert.That(await CountedAsync(scene, other, server, blocks[14].Id), Is.EqualTo(1));
        Assert.That(await CountedAsync(scene, client, server, blocks[14].Id), Is.EqualTo(1), "another peer has caused it");
        Assert.That(await CountedAsync(scene, client, server, blocks[22].Id), Is.Zero);
        await Task.Delay(TimeSpan.FromMinutes(1), scene.World.Time);
        Assert.That(await CountedAsync(scene, client, server, blocks[22].Id), Is.EqualTo(1));
        await client.StopAsync();
        await other.StopAsync();
    });

    /// <summary>Two places, three states: the one in use stays, so that other questions cost no count of it again.</summary>
    [Test]
    public void The_state_that_is_being_fetched_stays_counted() => Run(Options with { SnapshotCountInterval = TimeSpan.FromTicks(1) }, async (scene, blocks, server) =>
    {
        SyncPeerNode client = await ClientAsync(scene, server);
        Assert.That(await CountedAsync(scene, client, server, blocks[6].Id), Is.EqualTo(1));
        Assert.That(await CountedAsync(scene, client, server, blocks[14].Id), Is.EqualTo(1));
        Assert.That(await HasChunkAsync(client, server, blocks[6].Id), Is.True);
        Assert.That(await CountedAsync(scene, client, server, blocks[22].Id), Is.EqualTo(1));
        Assert.That(await HasChunkAsync(client, server, blocks[6].Id), Is.True);
        Assert.That(await HasChunkAsync(client, server, blocks[14].Id), Is.False);
        await client.StopAsync();
    });

    /// <summary>Counting reads a state of three megabytes; what others may be served is as much as before.</summary>
    [Test]
    public void A_count_is_charged_to_the_peer_that_caused_it_alone()
    {
        SyncOptions options = Options with { ServedBytesPerSecond = 20_000, TotalServedBytesPerSecond = 20_000 };
        Run(options, async (scene, blocks, server) =>
        {
            SyncPeerNode client = await ClientAsync(scene, server);
            SyncPeerNode other = await ClientAsync(scene, server);
            byte[] bodies = new BodiesRequest([blocks[0].Id]).Encode();
            async Task<int> BodiesAsync(SyncPeerNode who) =>
                (await who.Node.RequestAsync(server.Node.Id, SyncProtocols.Bodies, bodies, TimeSpan.FromSeconds(5))).Response.Length;
            Assert.That(await OfferAsync(client, server, blocks[6].Id), Is.Not.Null);
            Assert.That(await BodiesAsync(client), Is.Zero);
            Assert.That(await BodiesAsync(other), Is.GreaterThan(0));
            await client.StopAsync();
            await other.StopAsync();
        }, SyncChains.ManyAccounts());
    }

    /// <summary>Asks for an offer, and once more, since the first question starts the count.</summary>
    private static async Task<int?> CountedAsync(SyncScene scene, SyncPeerNode client, SyncPeerNode server, Hash256 id)
    {
        await OfferAsync(client, server, id);
        await Task.Delay(TimeSpan.FromMilliseconds(10), scene.World.Time);
        return (await OfferAsync(client, server, id))?.Chunks;
    }

    private static async Task<SnapshotResponse?> OfferAsync(SyncPeerNode client, SyncPeerNode server, Hash256 id)
    {
        RequestResult answer = await AskAsync(client, server, new SnapshotRequest(id, null, null));
        return answer.IsOk ? SnapshotResponse.TryDecode(answer.Response.Span, id, SyncChains.Parameters.MaxBlockBytes) : null;
    }

    private static async Task<bool> HasChunkAsync(SyncPeerNode client, SyncPeerNode server, Hash256 id) =>
        (await AskAsync(client, server, new SnapshotRequest(id, 0, null))) is { IsOk: true, Response.IsEmpty: false };

    private static async Task<RequestResult> AskAsync(SyncPeerNode client, SyncPeerNode server, SnapshotRequest request) =>
        await client.Node.RequestAsync(server.Node.Id, SyncProtocols.Snapshots, request.Encode(), TimeSpan.FromSeconds(5));

    private static async Task<SyncPeerNode> ClientAsync(SyncScene scene, SyncPeerNode server)
    {
        SyncPeerNode client = await SyncPeerNode.StartLiarAsync(scene, $"client-{scene.NextNumber()}", []);
        await client.ConnectAsync(server);
        return client;
    }

    private static void Run(
        SyncOptions options, Func<SyncScene, List<Block>, SyncPeerNode, Task> scenario, Core.Parameters.NetworkParameters? parameters = null)
    {
        SyncScene scene = new(parameters) { Options = options };
        scene.World.Run(async () =>
        {
            List<Block> blocks = scene.Grow(40);
            SyncPeerNode server = await SyncPeerNode.StartAsync(scene, "server", blocks, trusted: new Checkpoint(30, blocks[29].Id));
            await scenario(scene, blocks, server);
            await server.StopAsync();
        });
    }
}
