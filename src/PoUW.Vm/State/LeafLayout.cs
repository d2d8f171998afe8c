using System.Numerics;
using PoUW.Core.Work;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.State;

/// <summary>
/// How the data of a tensor is cut into the leaves of its Merkle tree. An Int8 tensor with at least 32 rows and 32 columns is a matrix: it
/// commits as <see cref="MatrixCommitment"/> does (32x32 blocks, zeros beyond the edges, a power of two of leaves), so that a product, the
/// state and a ticket share one commitment. All other tensors have leaves of 1 KiB, the last one may be shorter. The bound keeps padding
/// below four times the data, where a column of bytes would grow 32 times. Immutable.
/// </summary>
public readonly record struct LeafLayout
{
    private const int Edge = TileWorkParameters.TileSize;

    /// <summary>The layout of tensors of a type and shape.</summary>
    public LeafLayout(TensorType type, int rows, int columns)
    {
        (Rows, Columns) = (rows, columns);
        IsMatrix = type == TensorType.Int8 && rows >= Edge && columns >= Edge;
        ByteLength = (long)rows * columns * Tensor.ElementSize(type);
        Count = IsMatrix
            ? TileWorkParameters.BlockCount(rows) * TileWorkParameters.BlockCount(columns)
            : (int)((ByteLength + StateCommitment.LeafBytes - 1) / StateCommitment.LeafBytes);
    }

    /// <summary>The layout of a tensor.</summary>
    public LeafLayout(Tensor tensor)
        : this(tensor.Type, tensor.Rows, tensor.Columns)
    {
    }

    /// <summary>Rows of the tensor.</summary>
    public int Rows { get; }

    /// <summary>Columns of the tensor.</summary>
    public int Columns { get; }

    /// <summary>Bytes of the tensor.</summary>
    public long ByteLength { get; }

    /// <summary>True if the leaves are the blocks of a TW1 matrix.</summary>
    public bool IsMatrix { get; }

    /// <summary>Leaves that hold data.</summary>
    public int Count { get; }

    /// <summary>Leaves of the tree. Those of a matrix beyond <see cref="Count"/> are zero hashes.</summary>
    public int TreeWidth => IsMatrix ? (int)BitOperations.RoundUpToPowerOf2((uint)Count) : Count;

    /// <summary>Bytes of the content of a leaf, at most <see cref="StateCommitment.LeafBytes"/>.</summary>
    public int LengthOf(int leaf) =>
        IsMatrix ? TileWorkParameters.BlockBytes : (int)Math.Min(StateCommitment.LeafBytes, ByteLength - ((long)leaf * StateCommitment.LeafBytes));

    /// <summary>The leaf that holds a byte of the tensor.</summary>
    /// <param name="offset">Offset in the tensor's bytes.</param>
    public int LeafOf(long offset) =>
        IsMatrix ? BlockAt((int)(offset / Columns), (int)(offset % Columns)) : (int)(offset / StateCommitment.LeafBytes);

    /// <summary>Copies the content of a leaf.</summary>
    /// <param name="data">The bytes of the tensor.</param>
    /// <param name="leaf">Index of the leaf, below <see cref="Count"/>.</param>
    /// <param name="content">Receives <see cref="LengthOf"/> bytes.</param>
    public void Read(ReadOnlySpan<byte> data, int leaf, Span<byte> content)
    {
        if (!IsMatrix)
        {
            data.Slice(leaf * StateCommitment.LeafBytes, LengthOf(leaf)).CopyTo(content);
            return;
        }

        int across = TileWorkParameters.BlockCount(Columns);
        ReadOnlySpan<sbyte> stored = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, sbyte>(data);
        MatrixCommitment.CopyBlock(stored, Rows, Columns, leaf / across, leaf % across, content);
    }

    /// <summary>True if the content of a leaf is zero wherever it lies beyond the edges of a matrix.</summary>
    public bool HasZeroPadding(int leaf, ReadOnlySpan<byte> content)
    {
        if (!IsMatrix)
        {
            return true;
        }

        int across = TileWorkParameters.BlockCount(Columns);
        int height = Math.Min(Edge, Rows - (leaf / across * Edge));
        int width = Math.Min(Edge, Columns - (leaf % across * Edge));
        for (int row = 0; row < height; row++)
        {
            if (content.Slice((row * Edge) + width, Edge - width).ContainsAnyExcept((byte)0))
            {
                return false;
            }
        }

        return !content[(height * Edge)..].ContainsAnyExcept((byte)0);
    }

    /// <summary>Adds the leaves that hold any of the bytes to a set. The range is not empty.</summary>
    internal void AddLeaves(LeafSet leaves, long offset, long length)
    {
        long end = offset + length - 1;
        if (!IsMatrix)
        {
            leaves.Add(LeafOf(offset), LeafOf(end));
            return;
        }

        (int firstRow, int lastRow) = ((int)(offset / Columns), (int)(end / Columns));
        bool oneRow = firstRow == lastRow;
        int firstColumn = oneRow ? (int)(offset % Columns) : 0;
        int lastColumn = oneRow ? (int)(end % Columns) : Columns - 1;
        for (int row = firstRow / Edge; row <= lastRow / Edge; row++)
        {
            leaves.Add(BlockAt(row * Edge, firstColumn), BlockAt(row * Edge, lastColumn));
        }
    }

    private int BlockAt(int row, int column) => (row / Edge * TileWorkParameters.BlockCount(Columns)) + (column / Edge);
}
