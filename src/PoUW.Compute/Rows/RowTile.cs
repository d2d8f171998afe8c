using PoUW.Compute.Lanes;

namespace PoUW.Compute.Rows;

/// <summary>
/// Rows of a matrix, as many as a vector has elements, stored column by column: element r of vector j is row r's column j. So a vector holds
/// one element of every row, and the chain of each row runs in increasing order. Missing rows are +0.
/// </summary>
internal static unsafe class RowTile<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    private const int WidestLane = 16;

    /// <summary>Floats of the tile of a matrix.</summary>
    public static nint Size(nint columns)
    {
        unchecked // A tensor's row fits in memory many times over.
        {
            return (columns + TLane.Width - 1) / TLane.Width * TLane.Width * TLane.Width;
        }
    }

    /// <summary>Reads columns of rows into a tile.</summary>
    /// <param name="first">The first element of the first row.</param>
    /// <param name="stride">Floats from row to row.</param>
    /// <param name="rows">1 to the width of the lane.</param>
    /// <param name="columns">Columns to read; vectors up to the next multiple of the width are overwritten too.</param>
    /// <param name="tile">Where they go.</param>
    public static void Load(float* first, nint stride, nint rows, nint columns, float* tile)
    {
        unchecked // Inside the matrix and the tile.
        {
            nint column = 0;
            if (rows == TLane.Width)
            {
                for (; column <= columns - TLane.Width; column += TLane.Width)
                {
                    TLane.Transpose(first + column, stride, tile + (column * TLane.Width), TLane.Width);
                }
            }

            for (; column < columns; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, columns - column);
                LoadPart(first + column, stride, rows, count, tile + (column * TLane.Width));
            }
        }
    }

    /// <summary>Writes columns of rows from a tile, bit by bit. The parameters are those of <see cref="Load"/>.</summary>
    public static void Store(float* tile, float* first, nint stride, nint rows, nint columns)
    {
        float* block = stackalloc float[WidestLane * WidestLane];
        unchecked // Inside the matrix and the tile.
        {
            for (nint column = 0; column < columns; column += TLane.Width)
            {
                nint count = Math.Min(TLane.Width, columns - column);
                if (rows == TLane.Width && count == TLane.Width)
                {
                    TLane.Transpose(tile + (column * TLane.Width), TLane.Width, first + column, stride);
                    continue;
                }

                TLane.Transpose(tile + (column * TLane.Width), TLane.Width, block, TLane.Width);
                for (nint row = 0; row < rows; row++)
                {
                    TFloat values = TLane.Load(block + (row * TLane.Width));
                    LaneMemory<TLane, TFloat, TWide>.StoreBits(values, first + (row * stride) + column, count);
                }
            }
        }
    }

    private static void LoadPart(float* first, nint stride, nint rows, nint count, float* tile)
    {
        float* block = stackalloc float[WidestLane * WidestLane];
        unchecked // Inside the matrix and the block.
        {
            for (nint row = 0; row < TLane.Width; row++)
            {
                TFloat values = row < rows ? LaneMemory<TLane, TFloat, TWide>.Load(first + (row * stride), count) : TLane.Create(0);
                TLane.Store(values, block + (row * TLane.Width));
            }
        }

        TLane.Transpose(block, TLane.Width, tile, TLane.Width);
    }
}
