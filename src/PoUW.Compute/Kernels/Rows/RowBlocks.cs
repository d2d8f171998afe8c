using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>
/// Reductions of as many rows as a vector has elements. Blocks of columns are transposed, so that a vector holds one element of every row
/// and the chain of each row runs in increasing order.
/// </summary>
[SkipLocalsInit]
internal static unsafe class RowBlocks<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    private const int WidestLane = 16;

    private static ReadOnlySpan<float> Indices => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>Transposes the next columns of rows: element r of vector j is row r's column j. Missing rows and columns are +0.</summary>
    /// <param name="first">The first element of the first row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="rows">1 to the width of the lane.</param>
    /// <param name="columns">1 to the width of the lane.</param>
    /// <param name="block">As many vectors as they have elements.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(float* first, nint stride, nint rows, nint columns, float* block)
    {
        if (rows == TLane.Width && columns == TLane.Width)
        {
            TLane.Transpose(first, stride, block, TLane.Width);
        }
        else
        {
            LoadPart(first, stride, rows, columns, block);
        }
    }

    private static void LoadPart(float* first, nint stride, nint rows, nint columns, float* block)
    {
        float* padded = stackalloc float[WidestLane * WidestLane];
        unchecked // Inside the matrix and the block.
        {
            for (nint row = 0; row < TLane.Width; row++)
            {
                TFloat values = row < rows ? LaneMemory<TLane, TFloat, TWide>.Load(first + (row * stride), columns) : TLane.Create(0);
                TLane.Store(values, padded + (row * TLane.Width));
            }
        }

        TLane.Transpose(padded, TLane.Width, block, TLane.Width);
    }

    /// <summary>The chain of each row.</summary>
    public static TFloat Chain<TChain>(float* first, nint stride, nint rows, nint columns)
        where TChain : IRowChain
    {
        float* block = stackalloc float[WidestLane * WidestLane];
        TFloat sum = TLane.Create(0);
        unchecked // Inside the matrix and the block.
        {
            for (nint column = 0; column < columns; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, columns - column);
                Load(first + column, stride, rows, count, block);
                TFloat own = sum; // Stays in a register; the sum itself lives across a call.
                for (nint at = 0; at < count * TLane.Width; at += TLane.Width)
                {
                    own = TChain.Step<TLane, TFloat, TWide>(own, TLane.Load(block + at));
                }

                sum = own;
            }
        }

        return sum;
    }

    /// <summary>
    /// Fp32.Max over the first columns of each row. It does not depend on the order, so a row is reduced to one vector first.
    /// </summary>
    /// <param name="first">The first element of the first row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="rows">1 to the width of the lane.</param>
    /// <param name="lengths">Columns of each row that take part, at least 1.</param>
    public static TFloat Maximum(float* first, nint stride, nint rows, nint* lengths)
    {
        float* block = stackalloc float[WidestLane * WidestLane];
        float* turned = stackalloc float[WidestLane * WidestLane];
        unchecked // Inside the matrix and the blocks.
        {
            for (nint row = 0; row < TLane.Width; row++)
            {
                TFloat own = row < rows ? Maximum(first + (row * stride), lengths[row]) : TLane.Create(0);
                TLane.Store(own, block + (row * TLane.Width));
            }

            TLane.Transpose(block, TLane.Width, turned, TLane.Width);
            TFloat maximum = TLane.Load(turned);
            for (nint j = 1; j < TLane.Width; j++)
            {
                maximum = TLane.Max(maximum, TLane.Load(turned + (j * TLane.Width)));
            }

            return maximum;
        }
    }

    private static TFloat Maximum(float* row, nint length)
    {
        unchecked // Inside the row.
        {
            TFloat m0 = TLane.Create(float.NegativeInfinity);
            TFloat m1 = m0;
            nint j = 0;
            for (; j <= length - (2 * TLane.Width); j += 2 * TLane.Width)
            {
                m0 = TLane.Max(m0, TLane.Load(row + j));
                m1 = TLane.Max(m1, TLane.Load(row + j + TLane.Width));
            }

            for (; j < length; j += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, length - j);
                fixed (float* indices = Indices)
                {
                    TFloat valid = TLane.Less(TLane.Load(indices), TLane.Create((float)count));
                    m1 = TLane.Max(m1, TLane.Select(valid, LaneMemory<TLane, TFloat, TWide>.Load(row + j, count), m1));
                }
            }

            return TLane.Max(m0, m1);
        }
    }
}
