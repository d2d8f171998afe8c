using PoUW.Core.Primitives;

namespace PoUW.Core.Work;

/// <summary>
/// Layout of the witness of one tile: the committed blocks of the A strip, then of the B strip, by ascending inner block, 1024 raw bytes
/// each as stored; then the multiproof siblings of A, then of B. Its length follows from the public data, so there is one encoding.
/// </summary>
public readonly ref struct WorkWitness
{
    private readonly TileWorkShape _shape;
    private readonly int _segment;
    private readonly int _tileRow;
    private readonly int _tileColumn;

    /// <summary>Describes the witness of a tile; the tile must lie inside the shape.</summary>
    public WorkWitness(in TileWorkShape shape, int tileRow, int tileColumn, int segment)
    {
        _shape = shape;
        _tileRow = tileRow;
        _tileColumn = tileColumn;
        _segment = segment;
        Blocks = shape.OpenedBlocks(segment);
    }

    /// <summary>Opened blocks of each operand.</summary>
    public int Blocks { get; }

    /// <summary>Bytes of the blocks of each operand.</summary>
    public int StripBytes => Blocks * TileWorkParameters.BlockBytes;

    /// <summary>Leaves of the tree of A after padding.</summary>
    public int PaddedLeavesA => MatrixCommitment.PaddedLeaves(_shape.StoredRowsA, _shape.StoredColumnsA);

    /// <summary>Leaves of the tree of B after padding.</summary>
    public int PaddedLeavesB => MatrixCommitment.PaddedLeaves(_shape.StoredRowsB, _shape.StoredColumnsB);

    /// <summary>Writes the leaf indices of the A strip, ascending.</summary>
    public void LeavesA(Span<int> leaves)
    {
        for (int i = 0; i < Blocks; i++)
        {
            leaves[i] = _shape.LeafA(_tileRow, FirstBlock + i);
        }
    }

    /// <summary>Writes the leaf indices of the B strip, ascending.</summary>
    public void LeavesB(Span<int> leaves)
    {
        for (int i = 0; i < Blocks; i++)
        {
            leaves[i] = _shape.LeafB(FirstBlock + i, _tileColumn);
        }
    }

    /// <summary>Counts the siblings of both operands.</summary>
    public (int A, int B) SiblingCounts()
    {
        Span<int> leaves = stackalloc int[MerkleMultiproof.MaxLeaves];
        LeavesA(leaves);
        int a = MerkleMultiproof.SiblingCount(leaves[..Blocks], PaddedLeavesA);
        LeavesB(leaves);
        return (a, MerkleMultiproof.SiblingCount(leaves[..Blocks], PaddedLeavesB));
    }

    /// <summary>Builds the witness.</summary>
    /// <param name="storedA">Stored A, row-major.</param>
    /// <param name="treeA">Tree of A, in the layout of <see cref="MatrixCommitment.Tree"/>.</param>
    /// <param name="storedB">Stored B, row-major.</param>
    /// <param name="treeB">Tree of B.</param>
    public byte[] Build(ReadOnlySpan<sbyte> storedA, ReadOnlySpan<byte> treeA, ReadOnlySpan<sbyte> storedB, ReadOnlySpan<byte> treeB)
    {
        (int siblingsA, int siblingsB) = SiblingCounts();
        byte[] witness = new byte[(2 * StripBytes) + ((siblingsA + siblingsB) * Hash256.Size)];
        Span<int> leaves = stackalloc int[MerkleMultiproof.MaxLeaves];
        LeavesA(leaves);
        CopyBlocks(storedA, _shape.StoredRowsA, _shape.StoredColumnsA, leaves[..Blocks], witness);
        MerkleMultiproof.Write(treeA, leaves[..Blocks], witness.AsSpan(2 * StripBytes));
        LeavesB(leaves);
        CopyBlocks(storedB, _shape.StoredRowsB, _shape.StoredColumnsB, leaves[..Blocks], witness.AsSpan(StripBytes));
        MerkleMultiproof.Write(treeB, leaves[..Blocks], witness.AsSpan((2 * StripBytes) + (siblingsA * Hash256.Size)));
        return witness;
    }

    private int FirstBlock => _segment * (TileWorkParameters.SegmentLength / TileWorkParameters.TileSize);

    private static void CopyBlocks(ReadOnlySpan<sbyte> stored, int rows, int columns, ReadOnlySpan<int> leaves, Span<byte> destination)
    {
        int perRow = TileWorkParameters.BlockCount(columns);
        for (int i = 0; i < leaves.Length; i++)
        {
            MatrixCommitment.CopyBlock(
                stored, rows, columns, leaves[i] / perRow, leaves[i] % perRow, destination[(i * TileWorkParameters.BlockBytes)..]);
        }
    }
}
