using System.Numerics;

namespace PoUW.Core.Work;

/// <summary>
/// The scalar definition of a tile's state: a 32x32 tile of A'B' over one segment, folded at every stride. Exact integers; it is the
/// reference for every fast kernel.
/// </summary>
public static class TileFold
{
    /// <summary>Computes the state.</summary>
    /// <param name="a">32 rows of A', <paramref name="length"/> entries each.</param>
    /// <param name="b">32 columns of B', <paramref name="length"/> entries each.</param>
    /// <param name="length">Segment length.</param>
    /// <param name="stride">Columns between snapshots.</param>
    /// <param name="state">Receives the 16 words.</param>
    public static void Compute(ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, int length, int stride, Span<uint> state)
    {
        const int edge = TileWorkParameters.TileSize;
        Span<int> sums = stackalloc int[edge * edge];
        state[..TileWorkParameters.StateWords].Clear();
        for (int start = 0; start < length; start += stride)
        {
            for (int u = 0; u < edge; u++)
            {
                ReadOnlySpan<sbyte> row = a.Slice((u * length) + start, stride);
                for (int v = 0; v < edge; v++)
                {
                    sums[(u * edge) + v] += Dot(row, b.Slice((v * length) + start, stride));
                }
            }

            Snapshot(sums, state);
        }
    }

    /// <summary>Folds one snapshot: word j = rotl(word j, 7) xor all sums of the columns j modulo 16.</summary>
    /// <param name="sums">32x32 accumulators, row-major.</param>
    /// <param name="state">The 16 words.</param>
    public static void Snapshot(ReadOnlySpan<int> sums, Span<uint> state)
    {
        for (int j = 0; j < TileWorkParameters.StateWords; j++)
        {
            uint folded = 0;
            for (int i = j; i < sums.Length; i += TileWorkParameters.StateWords)
            {
                folded ^= unchecked((uint)sums[i]);
            }

            state[j] = BitOperations.RotateLeft(state[j], TileWorkParameters.StateRotation) ^ folded;
        }
    }

    private static int Dot(ReadOnlySpan<sbyte> x, ReadOnlySpan<sbyte> y)
    {
        // A segment's sums stay below 1024 * 127 * 128 < 2^24, so nothing can overflow.
        unchecked
        {
            int sum = 0;
            for (int i = 0; i < x.Length && i < y.Length; i++)
            {
                sum += x[i] * y[i];
            }

            return sum;
        }
    }
}
