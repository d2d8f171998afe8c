using PoUW.Core.Archive;
using PoUW.Core.Storage;
using PoUW.Economics.TileWork;
using PoUW.Sdk.Voting;
using PoUW.Storage.Sqlite;

namespace PoUW.Sdk.Nodes;

/// <summary>Repairs the store files of nodes (docs/recovery.md).</summary>
public static class NodeRepair
{
    private static readonly string[] KnownPrefixes = ["voter/", "journal/", "chunk/", "pool/"];

    /// <summary>
    /// Builds a new store from what is whole in a damaged one and puts it in its place; the damaged files are kept under another name. The node
    /// that uses it must not run. Afterwards the node fetches what is missing from its peers, and does not vote until no vote from before
    /// the repair can conflict with one from after it.
    /// </summary>
    /// <param name="path">The database file; it need not be readable.</param>
    /// <param name="options">Those of the node; their store is not used.</param>
    /// <param name="segments">Segment files with blocks that the damaged store may lack, in the order of their heights.</param>
    /// <param name="progress">Hears of each height.</param>
    /// <param name="cancellation">Stops it before the files are moved.</param>
    /// <exception cref="StoreException">The store is in use, of a newer version, or the new one cannot be written.</exception>
    /// <exception cref="IOException">Files cannot be moved, or a segment cannot be read.</exception>
    public static StoreRepairReport Run(
        string path, PouwNodeOptions options, IReadOnlyList<string>? segments = null, IProgress<ulong>? progress = null,
        CancellationToken cancellation = default)
    {
        ulong now = (ulong)options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        RebuildOptions rebuild = new()
        {
            KnownPrefixes = KnownPrefixes,
            Segments = segments ?? [],
            Marks = report => [VotingPause.MarkOf(now, Math.Max(report.KnownHeight ?? 0, report.HeadHeight))],
        };
        return StoreRepair.Run(
            path, SqliteSalvage.Open, static fresh => new SqliteKeyValueStore(fresh), NodeChain.OptionsOf(options, new LeaseView(options.Parameters)),
            rebuild, progress, cancellation);
    }

    /// <summary>
    /// Ends the pause of voting after a repair. Only for an operator who knows that the node's key has signed no vote that the store has
    /// lost: two votes that conflict cost the stake.
    /// </summary>
    /// <param name="store">The node's store; the node does not run.</param>
    public static void ResumeVoting(IKeyValueStore store) => store.Apply(VotingPause.End(new WriteBatch()));
}
