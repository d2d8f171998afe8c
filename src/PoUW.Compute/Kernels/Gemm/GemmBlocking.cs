namespace PoUW.Compute.Kernels.Gemm;

/// <summary>The sizes of the cache blocks and of the parts. They change the speed only.</summary>
/// <param name="Depth">The most k of a block: a packed panel of B of this depth stays in the first-level cache.</param>
/// <param name="Rows">The most rows of a block: rows x depth of A stay in the second-level cache.</param>
/// <param name="Area">
/// The most rows and columns of the area of C that is computed over all k before the next: its partial sums and its part of B stay in
/// the last-level cache.
/// </param>
/// <param name="DirectA">An A of at most this many floats is read where it lies.</param>
/// <param name="DirectB">A B of at most this many floats that is stored K x N is read where it lies.</param>
/// <param name="Reuse">So is an operand of any size of which each element serves at most this many results.</param>
/// <param name="Part">The least multiply-adds of a part for another thread: some ten microseconds.</param>
internal readonly record struct GemmBlocking(int Depth, int Rows, int Area, int DirectA, int DirectB, int Reuse, long Part)
{
    /// <summary>For 32 to 48 KiB and 1 MiB of private cache. Measured: the speed changes by a few percent when the sizes double.</summary>
    public static GemmBlocking Default => new(256, 384, 1024, 1 << 18, 1 << 19, 128, 1 << 20);

    /// <summary>The size of the first of equal blocks of at most <paramref name="limit"/>, a multiple of <paramref name="unit"/>.</summary>
    public static int Balance(int length, int limit, int unit)
    {
        int blocks = (length + limit - 1) / limit;
        int size = (length + blocks - 1) / blocks;
        return Math.Min(length, (size + unit - 1) / unit * unit);
    }
}
