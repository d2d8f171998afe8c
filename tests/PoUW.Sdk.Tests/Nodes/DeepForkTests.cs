using PoUW.Network.Multiaddresses;
using PoUW.Network.Transports;
using PoUW.Sdk.Nodes;
using PoUW.Storage.Sqlite;

namespace PoUW.Sdk.Tests.Nodes;

/// <summary>Two chains that grew apart for longer than one sync answer holds.</summary>
[TestFixture]
public sealed class DeepForkTests
{
    [Test]
    [CancelAfter(120_000)]
    public async Task A_node_follows_a_heavier_chain_whose_fork_is_older_than_one_sync_answer(CancellationToken cancellation)
    {
        string folder = Directory.CreateTempSubdirectory("pouw-fork-").FullName;
        PouwNodeOptions development = PouwNodeOptions.Development(TestNetwork.Key("left"));
        PouwNodeOptions left = development with
        {
            Parameters = development.Parameters with { BlockTimeMilliseconds = 100 },

            // Nobody votes, so nothing is final and the heavier branch wins however deep the fork is.
            Roles = NodeRoles.Worker,
            Transport = new InMemoryTransport(new InMemoryNetwork()),
            Store = new SqliteKeyValueStore(Path.Combine(folder, "left.db")),
        };
        PouwNode alone = await PouwNode.StartAsync(left);
        await ReachAsync(alone, 40, cancellation);
        await alone.DisposeAsync();

        await using PouwNode right = await PouwNode.StartAsync(left with
        {
            Key = TestNetwork.Key("right"),
            Store = new Core.Storage.InMemoryKeyValueStore(),
            ChunkCache = new Core.Storage.InMemoryChunkStore(),
            Listen = Multiaddr.Memory("right"),
        });
        while (right.Chain.TotalWork <= alone.Chain.TotalWork)
        {
            await right.WaitForChangeAsync(right.View, cancellation);
        }

        PouwNode joined = await PouwNode.StartAsync(left with
        {
            Roles = NodeRoles.None,
            Store = new SqliteKeyValueStore(Path.Combine(folder, "left.db")),
            Bootstrap = [Multiaddr.Memory("right")],
        });
        while (joined.Chain.GetIdByHeight(1) != right.Chain.GetIdByHeight(1))
        {
            await joined.WaitForChangeAsync(joined.View, cancellation);
        }

        await joined.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    private static async Task ReachAsync(PouwNode node, ulong height, CancellationToken cancellation)
    {
        while (node.View is { } view && view.Height < height)
        {
            await node.WaitForChangeAsync(view, cancellation);
        }
    }
}
