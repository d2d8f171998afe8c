namespace PoUW.Compute.TileWork;

/// <summary>
/// The inner loops of tile work. Layouts: A' is row-major along k, one byte an entry, each xor'ed with <see cref="BiasA"/>. B' is packed in
/// groups of 16 columns: [k / 4][16 columns][4]. Kernels hold no state and trust their caller's bounds.
/// </summary>
internal abstract unsafe class TileKernel
{
    /// <summary>Columns of a packed group, which are also the lanes of the tile state.</summary>
    public const int GroupColumns = 16;

    /// <summary>Xor'ed onto the entries of A' when they are packed.</summary>
    public abstract byte BiasA { get; }

    /// <summary>Computes the corrections of one packed group that the bias asks for: 16 sums for each snapshot of a segment.</summary>
    /// <param name="b">The packed group at the segment's start.</param>
    /// <param name="length">Segment length.</param>
    /// <param name="stride">Columns between snapshots.</param>
    /// <param name="corrections">16 * length / stride words.</param>
    public abstract void Correct(sbyte* b, int length, int stride, int* corrections);

    /// <summary>Multiplies 32 rows by one packed group over a segment.</summary>
    /// <param name="a">Row 0 of A' at the segment's start.</param>
    /// <param name="rowStride">Bytes between rows.</param>
    /// <param name="b">The packed group at the segment's start.</param>
    /// <param name="corrections">From <see cref="Correct"/>.</param>
    /// <param name="length">Segment length.</param>
    /// <param name="stride">Columns between snapshots.</param>
    /// <param name="folds">16 words a snapshot; the xor of the accumulators is xor'ed onto them.</param>
    /// <param name="c">32 x 16 sums; the segment's sums are added.</param>
    public abstract void Segment(
        byte* a, nint rowStride, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c);

    /// <summary>Subtracts the low-rank part: c[row][column] -= sum over p of left[row][p] * right[p][column], for 32 rows and 16 columns.</summary>
    /// <param name="left">32 rows of <paramref name="terms"/> 16-bit entries.</param>
    /// <param name="right">[terms / 2][16 columns][2] 16-bit entries.</param>
    /// <param name="terms">Inner length, even.</param>
    /// <param name="c">32 x 16 sums.</param>
    public abstract void Denoise(short* left, short* right, int terms, int* c);
}
