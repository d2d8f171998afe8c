using PoUW.Compute.Kernels.Lanes;
using PoUW.Compute.TileWork;

namespace PoUW.Compute.Kernels.Moves;

/// <summary>Transposes matrices of elements of 1 or 4 bytes.</summary>
internal static unsafe class Transposer<TLane, TFloat, TWide>
    where TLane : IFloatLane<TFloat, TWide>
    where TFloat : unmanaged
    where TWide : unmanaged
{
    private const int ByteBlock = ByteTranspose.Edge;

    /// <summary>destination[c, r] = source[r, c]; strides are in elements.</summary>
    public static void Run(byte* source, nint sourceStride, nint rows, nint columns, byte* destination, nint destinationStride, int size)
    {
        if (size == sizeof(float))
        {
            TransposeBlock<TLane, TFloat, TWide>.MoveAll((float*)source, sourceStride, rows, columns, (float*)destination, destinationStride);
        }
        else
        {
            Bytes(source, sourceStride, rows, columns, destination, destinationStride);
        }
    }

    private static void Bytes(byte* source, nint sourceStride, nint rows, nint columns, byte* destination, nint destinationStride)
    {
        unchecked // Inside the matrices.
        {
            for (nint column = 0; column < columns; column += ByteBlock)
            {
                nint width = Math.Min(ByteBlock, columns - column);
                for (nint row = 0; row < rows; row += ByteBlock)
                {
                    nint height = Math.Min(ByteBlock, rows - row);
                    byte* from = source + (row * sourceStride) + column;
                    byte* to = destination + (column * destinationStride) + row;
                    if (height == ByteBlock && width == ByteBlock)
                    {
                        ByteTranspose.Run(from, sourceStride, to, destinationStride);
                    }
                    else
                    {
                        Edge(from, sourceStride, height, width, to, destinationStride);
                    }
                }
            }
        }
    }

    private static void Edge(byte* source, nint sourceStride, nint rows, nint columns, byte* destination, nint destinationStride)
    {
        unchecked // Inside the block.
        {
            for (nint row = 0; row < rows; row++)
            {
                for (nint column = 0; column < columns; column++)
                {
                    destination[(column * destinationStride) + row] = source[(row * sourceStride) + column];
                }
            }
        }
    }
}
