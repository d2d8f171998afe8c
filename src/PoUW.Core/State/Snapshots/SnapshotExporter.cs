using PoUW.Core.Primitives;
using PoUW.Core.State.Tree;

namespace PoUW.Core.State.Snapshots;

/// <summary>
/// Cuts a state into chunks. Keeps nothing between calls, so many can be served at once, each from where they are. Thread-safe; the state
/// must not be pruned meanwhile.
/// </summary>
public sealed class SnapshotExporter(StateSnapshot state)
{
    /// <summary>The chunk that follows a leaf.</summary>
    /// <param name="after">The path of the last leaf of the chunk before; null for the first chunk.</param>
    /// <param name="maxBytes">Bytes of paths and values after which the chunk ends, 1 to <see cref="SnapshotChunk.MaxLeafBytes"/>.</param>
    /// <returns>Null if no leaf follows, or if the state has no leaf at this path.</returns>
    /// <exception cref="StateTreeException">The state is unknown, pruned or damaged.</exception>
    public SnapshotChunk? Next(Hash256? after, int maxBytes = SnapshotChunk.MaxLeafBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, SnapshotChunk.MaxLeafBytes);
        Tree.Version version = state.Found;
        StateProof? previous = after is { } path ? state.World.Prove(version, path) : null;
        if (previous is not null && previous.LeafPath != after)
        {
            return null;
        }

        LeafCursor cursor = new(state.World.Pages, 0, Hash256.Zero, version.Page, after);
        List<SnapshotLeaf> leaves = [];
        bool more = cursor.MoveNext();
        for (int bytes = 0; more && bytes < maxBytes; more = cursor.MoveNext())
        {
            ReadOnlyMemory<byte> value = state.World.Values.ReadLeaf(cursor.Current).AsMemory(1);
            leaves.Add(new SnapshotLeaf(Page.LeafPath(cursor.Current), value));
            bytes += SnapshotChunk.LeafOverhead + value.Length;
        }

        state.World.Versions.ThrowIfGone(version);
        if (leaves.Count == 0)
        {
            return null;
        }

        SnapshotEdge? right = more ? EdgeOf(state.World.Prove(version, leaves[^1].Path), leaves[^1].Path, inward: 0) : null;
        SnapshotEdge? left = previous is null ? null : EdgeOf(previous, after!.Value, inward: 1);
        return new SnapshotChunk(leaves, after, previous?.LeafValueHash ?? default, left, right);
    }

    private static SnapshotEdge EdgeOf(StateProof proof, Hash256 path, int inward)
    {
        List<Hash256> beyond = [];
        for (int depth = 0; depth < proof.Siblings.Count; depth++)
        {
            if (path.Bit(depth) == inward)
            {
                beyond.Add(proof.Siblings[depth]);
            }
        }

        return new SnapshotEdge(proof.Siblings.Count, beyond);
    }
}
