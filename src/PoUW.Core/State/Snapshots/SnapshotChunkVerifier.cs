using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.State.Snapshots;

/// <summary>
/// Verifies chunks against a state root, each by itself: a chunk that passes holds all leaves of the state between the leaf before it and
/// its last one, with their values, and nothing else. Needs no store. Stateless, never throws on bad chunks.
/// </summary>
public static class SnapshotChunkVerifier
{
    /// <summary>Verifies a chunk.</summary>
    /// <returns>
    /// <see cref="ValidationCode.Malformed"/> if the parts do not fit together, <see cref="ValidationCode.TooLarge"/> if a limit is exceeded,
    /// <see cref="ValidationCode.WrongStateRoot"/> if something is missing, added or changed.
    /// </returns>
    public static ValidationResult Verify(Hash256 root, SnapshotChunk chunk)
    {
        ValidationResult form = CheckForm(chunk);
        if (!form.IsValid)
        {
            return form;
        }

        return new SnapshotRange(chunk).TryComputeRoot(out Hash256 computed) && computed == root
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.WrongStateRoot, nameof(SnapshotChunk.Leaves), $"The leaves are not a whole run of the state {root}.");
    }

    private static ValidationResult CheckForm(SnapshotChunk chunk)
    {
        if (chunk.Leaves.Count == 0 || (chunk.Previous is null) != (chunk.Left is null))
        {
            return Malformed("A chunk has leaves, and the leaf before them if something lies before.");
        }

        Hash256? before = chunk.Previous;
        foreach (SnapshotLeaf leaf in chunk.Leaves)
        {
            if (leaf.Value.Length > StateOverlay.MaxRecordBytes)
            {
                return ValidationResult.Fail(
                    ValidationCode.TooLarge, nameof(SnapshotLeaf.Value), $"{leaf.Value.Length} bytes; the limit is {StateOverlay.MaxRecordBytes}.");
            }

            if (before is { } last && leaf.Path <= last)
            {
                return Malformed("The leaves are not in the order of their paths.");
            }

            before = leaf.Path;
        }

        bool edgesFit = Fits(chunk.Left, chunk.Previous ?? default, inward: 1) && Fits(chunk.Right, before ?? default, inward: 0);
        return edgesFit ? ValidationResult.Ok : Malformed("An edge has another number of siblings than its leaf has steps that turn inwards.");
    }

    private static bool Fits(SnapshotEdge? edge, Hash256 path, int inward)
    {
        if (edge is null)
        {
            return true;
        }

        if (edge.Depth is < 0 or > Tree.TreeHash.MaxDepth)
        {
            return false;
        }

        int turns = 0;
        for (int depth = 0; depth < edge.Depth; depth++)
        {
            turns += path.Bit(depth) == inward ? 1 : 0;
        }

        return turns == edge.Siblings.Count;
    }

    private static ValidationResult Malformed(string message) => ValidationResult.Fail(ValidationCode.Malformed, nameof(SnapshotChunk), message);
}
