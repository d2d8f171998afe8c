using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.State.Tree;
using PoUW.Core.Validation;

namespace PoUW.Core.State.Snapshots;

/// <summary>
/// A run of leaves of a state, with a proof that they are all that lie after one leaf and up to another: the leaf before the run, and what
/// lies beyond both ends. Stateless to verify; see <see cref="SnapshotChunkVerifier"/>.
/// </summary>
/// <param name="Leaves">The leaves in the order of their paths, at least one.</param>
/// <param name="Previous">The path of the leaf before; null if the run begins with the first leaf of the state.</param>
/// <param name="PreviousValueHash">SHA-256 of that leaf's value; zero if there is none.</param>
/// <param name="Left">What lies before the leaf before; null if there is no leaf before.</param>
/// <param name="Right">What lies after the run; null if it ends with the last leaf of the state.</param>
public sealed record SnapshotChunk(
    IReadOnlyList<SnapshotLeaf> Leaves, Hash256? Previous, Hash256 PreviousValueHash, SnapshotEdge? Left, SnapshotEdge? Right)
{
    /// <summary>Bytes of paths and values after which an exporter ends a chunk.</summary>
    public const int MaxLeafBytes = 1024 * 1024;

    /// <summary>Largest encoding in bytes: the last leaf may begin just below the limit and be as large as a record can be.</summary>
    public const int MaxEncodedBytes = (2 * MaxLeafBytes) + (MaxLeafBytes / 4) + (64 * 1024);

    // A leaf costs some bytes beside its value.
    internal const int LeafOverhead = Hash256.Size + 8;

    /// <summary>
    /// True if the chunk ends where every exporter ends one that begins there and may hold <see cref="MaxLeafBytes"/>: with the leaf that
    /// reaches the limit, or with the state. So a number names the same chunk everywhere.
    /// </summary>
    public bool EndsWhereItShould
    {
        get
        {
            long before = 0;
            for (int i = 0; i < Leaves.Count - 1; i++)
            {
                before += LeafOverhead + Leaves[i].Value.Length;
            }

            return before < MaxLeafBytes && (Right is null || before + LeafOverhead + Leaves[^1].Value.Length >= MaxLeafBytes);
        }
    }

    /// <summary>The canonical encoding: RLP list (leaf before, its value hash, left edge, right edge, leaves), absent things being empty.</summary>
    public byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList();
        writer = Previous is { } previous ? writer.Write(previous) : writer.Write([]);
        writer.Write(PreviousValueHash);
        Write(writer, Left);
        Write(writer, Right);
        writer.BeginList();
        foreach (SnapshotLeaf leaf in Leaves)
        {
            writer.BeginList().Write(leaf.Path).Write(leaf.Value.Span).EndList();
        }

        return writer.EndList().EndList().ToArray();
    }

    /// <summary>Reads a chunk; checks form and limits only.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> data, out SnapshotChunk? chunk)
    {
        chunk = null;
        if (data.Length > MaxEncodedBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(SnapshotChunk), $"{data.Length} bytes; the limit is {MaxEncodedBytes}.");
        }

        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        ReadOnlySpan<byte> previous = items.ReadBytes(Hash256.Size);
        Hash256 previousValueHash = items.ReadHash();
        bool edgesFit = TryReadEdge(ref items, out SnapshotEdge? left) & TryReadEdge(ref items, out SnapshotEdge? right);
        RlpReader list = items.ReadList();
        List<SnapshotLeaf> leaves = [];
        while (edgesFit && !list.AtEnd)
        {
            RlpReader leaf = list.ReadList();
            SnapshotLeaf read = new(leaf.ReadHash(), leaf.ReadBytes(StateOverlay.MaxRecordBytes).ToArray());
            edgesFit = leaf.TryFinish();
            leaves.Add(read);
        }

        bool previousFits = previous.Length is 0 or Hash256.Size && previous.IsEmpty == (left is null) && (!previous.IsEmpty || previousValueHash.IsZero);
        if (!edgesFit || !previousFits || leaves.Count == 0 || !list.TryFinish() || !items.TryFinish() || !outer.TryFinish())
        {
            return ValidationResult.Fail(ValidationCode.Malformed, nameof(SnapshotChunk), "Not the canonical encoding of a snapshot chunk.");
        }

        chunk = new SnapshotChunk(leaves, previous.IsEmpty ? null : new Hash256(previous), previousValueHash, left, right);
        return ValidationResult.Ok;
    }

    private static void Write(RlpWriter writer, SnapshotEdge? edge)
    {
        writer.BeginList();
        if (edge is not null)
        {
            writer.Write((ulong)edge.Depth);
            foreach (Hash256 sibling in edge.Siblings)
            {
                writer.Write(sibling);
            }
        }

        writer.EndList();
    }

    private static bool TryReadEdge(ref RlpReader items, out SnapshotEdge? edge)
    {
        edge = null;
        RlpReader list = items.ReadList();
        if (list.AtEnd)
        {
            return !list.Failed;
        }

        int depth = (int)list.ReadUInt64(TreeHash.MaxDepth);
        List<Hash256> siblings = [];
        while (!list.AtEnd && siblings.Count < TreeHash.MaxDepth)
        {
            siblings.Add(list.ReadHash());
        }

        edge = new SnapshotEdge(depth, siblings);
        return list.TryFinish();
    }
}
