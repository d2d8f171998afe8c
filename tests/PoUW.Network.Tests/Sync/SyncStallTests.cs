using PoUW.Core.Blocks;
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
        await StopAsync(peer, node);
    });

    /// <summary>The pauses double, so that what stays broken is not tried all the time.</summary>
    [Test]
    public void A_store_that_fails_in_another_way_is_tried_again_ever_more_seldom() => Run(async scene =>
    {
        List<Block> blocks = scene.Grow(20);
        SyncPeerNode peer = await SyncPeerNode.StartAsync(scene, "peer", blocks);
        BrokenStore store = new();
        SyncPeerNode node = await SyncPeerNode.StartAsync(scene, "node", store: store);
        store.Failures = 4;
        await node.ConnectAsync(peer);
        await node.ReachAsync(blocks[^1].Id);
        Assert.That(node.Warnings, Has.Count.EqualTo(4).And.All.Contains("out of order"));
        Assert.That(scene.World.Time.Now, Is.InRange(TimeSpan.FromSeconds(150), TimeSpan.FromSeconds(160)), "10 + 20 + 40 + 80 seconds");
        await StopAsync(peer, node);
    });

    private static void Run(Func<SyncScene, Task> scenario, SyncOptions? options = null)
    {
        SyncScene scene = new() { Options = options ?? Silent };
        scene.World.Run(() => scenario(scene));
    }

    private static async Task StopAsync(params SyncPeerNode[] nodes)
    {
        foreach (SyncPeerNode node in nodes)
        {
            await node.StopAsync();
        }
    }

    /// <summary>Fails with an exception that is not a store's.</summary>
    private sealed class BrokenStore : IKeyValueStore
    {
        private readonly InMemoryKeyValueStore _inner = new();

        public int Failures { get; set; }

        public byte[]? Get(ReadOnlySpan<byte> key) => _inner.Get(key);

        public IReadOnlyList<KeyValuePair<byte[], byte[]>> Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> end, int limit) => _inner.Scan(from, end, limit);

        public IKeyValueSnapshot Snapshot() => _inner.Snapshot();

        public void Apply(WriteBatch batch)
        {
            if (Failures > 0)
            {
                Failures--;
                throw new InvalidOperationException("out of order");
            }

            _inner.Apply(batch);
        }

        public void Dispose() => _inner.Dispose();
    }
}
