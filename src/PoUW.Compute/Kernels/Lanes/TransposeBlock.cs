using System.Runtime.CompilerServices;
namespace PoUW.Compute.Kernels.Lanes;

/// <summary>Transposes blocks of any size up to a square of one vector. The bits stay.</summary>
[SkipLocalsInit]
internal static unsafe class TransposeBlock<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    private const int WidestLane = 16;

    /// <summary>destination[c, r] = source[r, c] of rows x columns floats; strides are in floats.</summary>
    public static void Move(float* source, nint sourceStride, nint rows, nint columns, float* destination, nint destinationStride)
    {
        if (rows == TLane.Width && columns == TLane.Width)
        {
            TLane.Transpose(source, sourceStride, destination, destinationStride);
            return;
        }

        float* block = stackalloc float[WidestLane * WidestLane];
        float* turned = stackalloc float[WidestLane * WidestLane];
        unchecked // Inside the blocks.
        {
            for (nint row = 0; row < rows; row++)
            {
                TLane.Store(LaneMemory<TLane, TFloat, TWide>.Load(source + (row * sourceStride), columns), block + (row * TLane.Width));
            }

            TLane.Transpose(block, TLane.Width, turned, TLane.Width);
            for (nint column = 0; column < columns; column++)
            {
                LaneMemory<TLane, TFloat, TWide>.StoreBits(
                    TLane.Load(turned + (column * TLane.Width)), destination + (column * destinationStride), rows);
            }
        }
    }

    /// <summary>The transpose of rows x columns floats of any number, block by block.</summary>
    public static void MoveAll(float* source, nint sourceStride, nint rows, nint columns, float* destination, nint destinationStride)
    {
        unchecked // Inside the matrices.
        {
            for (nint column = 0; column < columns; column += TLane.Width)
            {
                nint width = Math.Min(TLane.Width, columns - column);
                for (nint row = 0; row < rows; row += TLane.Width)
                {
                    Move(
                        source + (row * sourceStride) + column,
                        sourceStride,
                        Math.Min(TLane.Width, rows - row),
                        width,
                        destination + (column * destinationStride) + row,
                        destinationStride);
                }
            }
        }
    }
}
