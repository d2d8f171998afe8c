using PoUW.Core.Validation;

namespace PoUW.Core.Work;

/// <summary>
/// Shape of a ticketed product C = op(A) * op(B) with true dimensions. With <paramref name="TransposeA"/> the committed matrix is K x M
/// instead of M x K; with <paramref name="TransposeB"/> it is N x K instead of K x N.
/// </summary>
public readonly record struct TileWorkShape(int M, int N, int K, bool TransposeA, bool TransposeB)
{
    /// <summary>K extended by virtual zeros.</summary>
    public int PaddedK => TileWorkParameters.PaddedInner(K);

    /// <summary>Rank of the noise.</summary>
    public int Rank => TileWorkParameters.Rank(PaddedK);

    /// <summary>Columns between snapshots.</summary>
    public int Stride => TileWorkParameters.Stride(PaddedK);

    /// <summary>Tiles along M.</summary>
    public int TileRows => TileWorkParameters.BlockCount(M);

    /// <summary>Tiles along N.</summary>
    public int TileColumns => TileWorkParameters.BlockCount(N);

    /// <summary>Segments along K.</summary>
    public int Segments => TileWorkParameters.SegmentCount(PaddedK);

    /// <summary>Blocks along the true K; only these are committed.</summary>
    public int InnerBlocks => TileWorkParameters.BlockCount(K);

    /// <summary>Rows of the committed matrix A.</summary>
    public int StoredRowsA => TransposeA ? K : M;

    /// <summary>Columns of the committed matrix A.</summary>
    public int StoredColumnsA => TransposeA ? M : K;

    /// <summary>Rows of the committed matrix B.</summary>
    public int StoredRowsB => TransposeB ? N : K;

    /// <summary>Columns of the committed matrix B.</summary>
    public int StoredColumnsB => TransposeB ? K : N;

    /// <summary>Padded multiply-accumulates; what tickets count.</summary>
    public long PaddedMacs => (long)TileRows * TileWorkParameters.TileSize * TileColumns * TileWorkParameters.TileSize * PaddedK;

    /// <summary>Multiply-accumulates behind one ticket of a segment.</summary>
    public long UnitMacs(int segment) =>
        (long)TileWorkParameters.BlockBytes * TileWorkParameters.LengthOfSegment(PaddedK, segment);

    /// <summary>Committed blocks along k inside a segment; the rest of the segment is virtual zeros.</summary>
    public int OpenedBlocks(int segment)
    {
        const int perSegment = TileWorkParameters.SegmentLength / TileWorkParameters.TileSize;
        return Math.Min(perSegment, InnerBlocks - (segment * perSegment));
    }

    /// <summary>Leaf index of block (<paramref name="tileRow"/>, <paramref name="innerBlock"/>) of A in its committed matrix.</summary>
    public int LeafA(int tileRow, int innerBlock) =>
        TransposeA ? (innerBlock * TileRows) + tileRow : (tileRow * InnerBlocks) + innerBlock;

    /// <summary>Leaf index of block (<paramref name="innerBlock"/>, <paramref name="tileColumn"/>) of B in its committed matrix.</summary>
    public int LeafB(int innerBlock, int tileColumn) =>
        TransposeB ? (tileColumn * InnerBlocks) + innerBlock : (innerBlock * TileColumns) + tileColumn;

    /// <summary>Checks the dimensions against the consensus limits.</summary>
    public ValidationResult Validate()
    {
        if (K < 1 || K > TileWorkParameters.MaxPaddedInner)
        {
            return Fail(nameof(K), $"k is {K}; the limit is {TileWorkParameters.MaxPaddedInner}.");
        }

        if (M < 1 || M > TileWorkParameters.MaxOuter)
        {
            return Fail(nameof(M), $"m is {M}; the limit is {TileWorkParameters.MaxOuter}.");
        }

        if (N < 1 || N > TileWorkParameters.MaxOuter)
        {
            return Fail(nameof(N), $"n is {N}; the limit is {TileWorkParameters.MaxOuter}.");
        }

        return (ulong)PaddedMacs <= TileWorkParameters.MaxPaddedMacs
            ? ValidationResult.Ok
            : Fail(nameof(PaddedMacs), $"The product has {PaddedMacs} padded MACs; the limit is {TileWorkParameters.MaxPaddedMacs}.");
    }

    private static ValidationResult Fail(string field, string message) =>
        ValidationResult.Fail(ValidationCode.BadWorkShape, field, message);
}
