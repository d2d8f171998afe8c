namespace PoUW.Compute.TileWork;

/// <summary>
/// The inner loops of tile work, on groups of 16 vectors along k, packed as [k / 4][16 vectors][4] bytes: 16 rows of A', each entry xor'ed
/// with <see cref="BiasA"/>, and 16 columns of B'. Kernels hold no state and trust their caller's bounds.
/// </summary>
internal abstract unsafe class TileKernel
{
    /// <summary>Vectors of a packed group; the columns of one are the lanes of the tile state.</summary>
    public const int GroupSize = 16;

    /// <summary>Sums of a product of two groups.</summary>
    public const int GroupSums = GroupSize * GroupSize;

    /// <summary>Xor'ed onto the entries of A' when they are packed.</summary>
    public abstract byte BiasA { get; }

    /// <summary>Computes the corrections of one group of B' that the bias asks for: 16 sums for each snapshot of a segment.</summary>
    /// <param name="b">The group at the segment's start.</param>
    /// <param name="length">Segment length.</param>
    /// <param name="stride">Entries between snapshots.</param>
    /// <param name="corrections">16 * length / stride words.</param>
    public abstract void Correct(sbyte* b, int length, int stride, int* corrections);

    /// <summary>Multiplies a group of A' by a group of B' over a segment.</summary>
    /// <param name="a">The group of A' at the segment's start.</param>
    /// <param name="b">The group of B' at the segment's start.</param>
    /// <param name="corrections">From <see cref="Correct"/>.</param>
    /// <param name="length">Segment length.</param>
    /// <param name="stride">Entries between snapshots, a multiple of 32.</param>
    /// <param name="folds">16 words a snapshot; the xor of the accumulators of a column is xor'ed onto its word.</param>
    /// <param name="c">16 x 16 sums.</param>
    /// <param name="add">False to set the sums to those of the segment, true to add these.</param>
    public abstract void Segment(byte* a, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c, bool add);

    /// <summary>
    /// Subtracts the low-rank part from 16 rows and 32 columns, the columns in two blocks of 16 x 16 sums:
    /// target[row][column] = c[row][column] - sum over p of left[row][p] * right[p][column].
    /// </summary>
    /// <param name="left">[terms / 2][16 rows][2] 16-bit entries.</param>
    /// <param name="right">Two groups of [terms / 2][16 columns][2] 16-bit entries.</param>
    /// <param name="terms">Inner length, even.</param>
    /// <param name="c">Two blocks of sums.</param>
    /// <param name="target">Receives 16 rows of 32 columns.</param>
    /// <param name="targetStride">Words from row to row of the target.</param>
    public abstract void Denoise(short* left, short* right, int terms, int* c, int* target, nint targetStride);
}
