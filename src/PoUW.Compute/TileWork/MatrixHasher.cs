using System.Runtime.Intrinsics;
using PoUW.Core.Hashing;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>Hashes the leaves and nodes of trees, 32 at a time. Working memory that trees may share; not thread-safe.</summary>
internal sealed unsafe class MatrixHasher
{
    private const int Edge = TileWorkParameters.TileSize;
    private const int LeafMessage = 1 + TileWorkParameters.BlockBytes;
    private const int NodeMessage = 1 + (2 * Hash256.Size);
    private readonly AlignedBuffer<byte> _leafSlots = new();
    private readonly AlignedBuffer<byte> _nodeSlots = new();

    /// <summary>Creates the working memory.</summary>
    public MatrixHasher()
    {
        Prepare(_leafSlots, LeafMessage, 0);
        Prepare(_nodeSlots, NodeMessage, 1);
    }

    /// <summary>Builds a tree.</summary>
    /// <param name="stored">The matrix, row-major.</param>
    /// <param name="rows">True rows.</param>
    /// <param name="columns">True columns.</param>
    /// <param name="tree">All nodes, in the layout of <see cref="MatrixCommitment.Tree"/>.</param>
    public void Build(ReadOnlySpan<sbyte> stored, int rows, int columns, Span<byte> tree)
    {
        HashLeaves(stored, rows, columns, tree);
        for (int width = tree.Length / Hash256.Size / 4; width >= 1; width /= 2)
        {
            for (int first = 0; first < width; first += Sha256Batch.Lanes)
            {
                HashNodes(width + first, Math.Min(Sha256Batch.Lanes, width - first), tree);
            }
        }
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

    private void HashLeaves(ReadOnlySpan<sbyte> stored, int rows, int columns, Span<byte> tree)
    {
        int slotBytes = Sha256Batch.SlotBytes(LeafMessage);
        int blockColumns = TileWorkParameters.BlockCount(columns);
        int leaves = TileWorkParameters.BlockCount(rows) * blockColumns;
        int firstLeaf = tree.Length / Hash256.Size / 2;
        for (int first = 0; first < leaves; first += Sha256Batch.Lanes)
        {
            int count = Math.Min(Sha256Batch.Lanes, leaves - first);
            for (int lane = 0; lane < count; lane++)
            {
                (int blockRow, int blockColumn) = Math.DivRem(first + lane, blockColumns);
                CopyBlock(
                    stored, rows, columns, blockRow, blockColumn, _leafSlots.Span.Slice((lane * slotBytes) + 1, TileWorkParameters.BlockBytes));
            }

            HashTo(_leafSlots, LeafMessage, firstLeaf + first, count, tree);
        }

        tree[((firstLeaf + leaves) * Hash256.Size)..].Clear();
    }

    private static void CopyBlock(ReadOnlySpan<sbyte> stored, int rows, int columns, int blockRow, int blockColumn, Span<byte> block)
    {
        if ((blockRow + 1) * Edge > rows || (blockColumn + 1) * Edge > columns)
        {
            MatrixCommitment.CopyBlock(stored, rows, columns, blockRow, blockColumn, block);
            return;
        }

        stored = stored.Slice((blockRow * Edge * columns) + (blockColumn * Edge), ((Edge - 1) * columns) + Edge);
        fixed (sbyte* source = stored)
        fixed (byte* destination = block)
        {
            unchecked // The slices were just checked.
            {
                sbyte* from = source;
                for (byte* to = destination; to < destination + TileWorkParameters.BlockBytes; to += Edge, from += columns)
                {
                    Vector256.Load((byte*)from).Store(to);
                }
            }
        }
    }

    private void HashNodes(int firstNode, int count, Span<byte> tree)
    {
        int slotBytes = Sha256Batch.SlotBytes(NodeMessage);
        for (int lane = 0; lane < count; lane++)
        {
            tree.Slice((firstNode + lane) * 2 * Hash256.Size, 2 * Hash256.Size).CopyTo(_nodeSlots.Span[((lane * slotBytes) + 1)..]);
        }

        HashTo(_nodeSlots, NodeMessage, firstNode, count, tree);
    }

    private static void HashTo(AlignedBuffer<byte> slots, int message, int node, int count, Span<byte> tree)
    {
        Sha256Batch.Hash(slots.Span, message, count, tree.Slice(node * Hash256.Size, count * Hash256.Size));
    }
}
