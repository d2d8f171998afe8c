using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Gemm;

/// <summary>Copies blocks of the operands to the memory order of the micro kernel. No values change, and k is never padded.</summary>
internal static unsafe class PanelPacker<TLane, TVector>
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    /// <summary>Columns of a full panel of B.</summary>
    public static int Panel => 2 * TLane.Width;

    /// <summary>
    /// The row stride of packed rows of A: an odd number of cache lines, so that the rows of a block spread over the sets of the cache.
    /// </summary>
    public static int RowStride(int depth) => 16 * (((depth + 15) / 16) | 1);

    /// <summary>Copies rows of A in which k is contiguous to rows of <see cref="RowStride"/>.</summary>
    public static void Rows(float* source, nint sourceStride, int rows, int depth, float* destination)
    {
        int stride = RowStride(depth);
        for (int row = 0; row < rows; row++, source += sourceStride, destination += stride)
        {
            new ReadOnlySpan<float>(source, depth).CopyTo(new Span<float>(destination, depth));
        }
    }

    /// <summary>Copies a row block of an A that is stored K x M: destination[k * rows + row].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposedRows(float* source, nint sourceStride, int rows, int depth, float* destination)
    {
        unchecked // Pointers stay inside the block: 4 <= rows <= 12 are covered by three vectors that may overlap.
        {
            if (rows < Vector128<float>.Count)
            {
                for (int k = 0; k < depth; k++, source += sourceStride)
                {
                    for (int row = 0; row < rows; row++)
                    {
                        *destination++ = source[row];
                    }
                }

                return;
            }

            nint last = rows - Vector128<float>.Count;
            nint middle = Math.Min(last, Vector128<float>.Count);
            for (int k = 0; k < depth; k++, source += sourceStride, destination += rows)
            {
                Vector128<float> v0 = Vector128.Load(source);
                Vector128<float> v1 = Vector128.Load(source + middle);
                Vector128<float> v2 = Vector128.Load(source + last);
                v0.Store(destination);
                v1.Store(destination + middle);
                v2.Store(destination + last);
            }
        }
    }

    /// <summary>Copies columns of a B that is stored K x N: destination[k * Panel + column]; missing columns become zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns(float* source, nint sourceStride, int columns, int depth, float* destination)
    {
        unchecked // Pointers stay inside the block and the panel.
        {
            if (columns == Panel)
            {
                for (int k = 0; k < depth; k++, source += sourceStride, destination += Panel)
                {
                    TVector left = TLane.Load(source);
                    TVector right = TLane.Load(source + TLane.Width);
                    TLane.Store(left, destination);
                    TLane.Store(right, destination + TLane.Width);
                }

                return;
            }

            new Span<float>(destination, depth * Panel).Clear();
            for (int k = 0; k < depth; k++, source += sourceStride, destination += Panel)
            {
                CopyRow(source, columns, destination);
            }
        }
    }

    /// <summary>Copies columns of a B that is stored N x K to the order of <see cref="Columns"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposedColumns(float* source, nint sourceStride, int columns, int depth, float* destination)
    {
        unchecked // Pointers stay inside the block and the panel.
        {
            if (columns < Panel)
            {
                new Span<float>(destination, depth * Panel).Clear();
            }

            int fullDepth = depth - (depth % TLane.Width);
            int column = 0;
            for (; column + TLane.Width <= columns; column += TLane.Width)
            {
                float* line = source + (column * sourceStride);
                for (int k = 0; k < fullDepth; k += TLane.Width)
                {
                    TLane.Transpose(line + k, sourceStride, destination + ((nint)k * Panel) + column, Panel);
                }

                Scatter(line, sourceStride, TLane.Width, fullDepth, depth, destination + column);
            }

            Scatter(source + (column * sourceStride), sourceStride, columns - column, 0, depth, destination + column);
        }
    }

    private static void Scatter(float* source, nint sourceStride, int columns, int first, int depth, float* destination)
    {
        unchecked // As above.
        {
            for (int column = 0; column < columns; column++, source += sourceStride)
            {
                for (int k = first; k < depth; k++)
                {
                    destination[((nint)k * Panel) + column] = source[k];
                }
            }
        }
    }

    private static void CopyRow(float* source, int columns, float* destination)
    {
        unchecked // As above.
        {
            int column = 0;
            for (; column + TLane.Width <= columns; column += TLane.Width)
            {
                TLane.Store(TLane.Load(source + column), destination + column);
            }

            for (; column < columns; column++)
            {
                destination[column] = source[column];
            }
        }
    }
}
