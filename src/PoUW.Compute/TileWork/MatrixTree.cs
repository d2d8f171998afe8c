using PoUW.Core.Hashing;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// The fast twin of <see cref="MatrixCommitment"/>: the same tree, built 16 hashes at a time into a buffer that is reused. Not thread-safe.
/// </summary>
internal sealed class MatrixTree
{
    private const int LeafMessage = 1 + TileWorkParameters.BlockBytes;
    private const int NodeMessage = 1 + (2 * Hash256.Size);
    private readonly AlignedBuffer<byte> _leafSlots = new();
    private readonly AlignedBuffer<byte> _nodeSlots = new();
    private readonly AlignedBuffer<byte> _tree = new();

    /// <summary>Creates the scratch space.</summary>
    public MatrixTree()
    {
        Prepare(_leafSlots, LeafMessage, 0);
        Prepare(_nodeSlots, NodeMessage, 1);
    }

    /// <summary>All nodes, in the layout of <see cref="MatrixCommitment.Tree"/>.</summary>
    public ReadOnlySpan<byte> Tree => _tree.Span;

    /// <summary>The root of the last matrix.</summary>
    public Hash256 Root { get; private set; }

    /// <summary>The tag of the last matrix.</summary>
    public Hash256 Tag { get; private set; }

    /// <summary>Commits a row-major matrix.</summary>
    public void Compute(ReadOnlySpan<sbyte> stored, int rows, int columns)
    {
        int bytes = MatrixCommitment.TreeBytes(rows, columns);
        _tree.Reserve(bytes);
        HashLeaves(stored, rows, columns);
        for (int width = bytes / Hash256.Size / 4; width >= 1; width /= 2)
        {
            for (int first = 0; first < width; first += Sha256Batch.Lanes)
            {
                HashNodes(width + first, Math.Min(Sha256Batch.Lanes, width - first));
            }
        }

        Root = new Hash256(Tree.Slice(Hash256.Size, Hash256.Size));
        Tag = MatrixCommitment.TagOf(rows, columns, Root);
    }

    private static void Prepare(AlignedBuffer<byte> slots, int message, byte prefix)
    {
        int slotBytes = Sha256Batch.SlotBytes(message);
        slots.Reserve(slotBytes * Sha256Batch.Lanes);
        for (int lane = 0; lane < Sha256Batch.Lanes; lane++)
        {
            Span<byte> slot = slots.Span.Slice(lane * slotBytes, slotBytes);
            slot[0] = prefix;
            Sha256Batch.WritePadding(slot, message);
        }
    }

    private void HashLeaves(ReadOnlySpan<sbyte> stored, int rows, int columns)
    {
        int slotBytes = Sha256Batch.SlotBytes(LeafMessage);
        int blockColumns = TileWorkParameters.BlockCount(columns);
        int leaves = TileWorkParameters.BlockCount(rows) * blockColumns;
        int firstLeaf = _tree.Length / Hash256.Size / 2;
        for (int first = 0; first < leaves; first += Sha256Batch.Lanes)
        {
            int count = Math.Min(Sha256Batch.Lanes, leaves - first);
            for (int lane = 0; lane < count; lane++)
            {
                (int blockRow, int blockColumn) = Math.DivRem(first + lane, blockColumns);
                MatrixCommitment.CopyBlock(
                    stored, rows, columns, blockRow, blockColumn, _leafSlots.Span.Slice((lane * slotBytes) + 1, TileWorkParameters.BlockBytes));
            }

            HashTo(_leafSlots, LeafMessage, firstLeaf + first, count);
        }

        _tree.Span[((firstLeaf + leaves) * Hash256.Size)..].Clear();
    }

    private void HashNodes(int firstNode, int count)
    {
        int slotBytes = Sha256Batch.SlotBytes(NodeMessage);
        for (int lane = 0; lane < count; lane++)
        {
            Tree.Slice((firstNode + lane) * 2 * Hash256.Size, 2 * Hash256.Size).CopyTo(_nodeSlots.Span[((lane * slotBytes) + 1)..]);
        }

        HashTo(_nodeSlots, NodeMessage, firstNode, count);
    }

    private void HashTo(AlignedBuffer<byte> slots, int message, int node, int count)
    {
        Sha256Batch.Hash(slots.Span, message, count, _tree.Span.Slice(node * Hash256.Size, count * Hash256.Size));
    }
}
