using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.Gemm;

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

    /// <summary>Copies columns of a B that is stored K x N: destination[k * Panel + column]. In a vector that holds
    /// any of them, missing columns become zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Columns(float* source, nint sourceStride, int columns, int depth, float* destination)
    {
        unchecked // Pointers stay inside the block and the panel.
        {
            if (columns == Panel)
            {
                for (int k = 0; k < depth; k++, source += sourceStride, destination += Panel)
                {
                    TLane.Store(TLane.Load(source), destination);
                    TLane.Store(TLane.Load(source + TLane.Width), destination + TLane.Width);
                }

                return;
            }

            int left = Math.Min(columns, TLane.Width);
            for (int k = 0; k < depth; k++, source += sourceStride, destination += Panel)
            {
                TLane.Store(TLane.LoadFirst(source, left), destination);
                if (columns > left)
                {
                    TLane.Store(TLane.LoadFirst(source + left, columns - left), destination + TLane.Width);
                }
            }
        }
    }

    /// <summary>Copies columns of a B that is stored N x K to the order of <see cref="Columns"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposedColumns(float* source, nint sourceStride, int columns, int depth, float* destination)
    {
        unchecked // Pointers stay inside the block and the panel.
        {
            float* lines = stackalloc float[2 * TLane.Width * TLane.Width];
            for (int column = 0; column < columns; column += TLane.Width)
            {
                int present = Math.Min(TLane.Width, columns - column);
                float* line = source + (column * sourceStride);
                float* target = destination + column;
                int k = 0;
                if (present == TLane.Width)
                {
                    for (; k <= depth - TLane.Width; k += TLane.Width)
                    {
                        TLane.Transpose(line + k, sourceStride, target + ((nint)k * Panel), Panel);
                    }
                }

                for (; k < depth; k += TLane.Width)
                {
                    Edge(line + k, sourceStride, present, Math.Min(TLane.Width, depth - k), target + ((nint)k * Panel), lines);
                }
            }
        }
    }

    /// <summary>Copies rows of less than a panel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Lines(float* source, nint sourceStride, float* destination, nint destinationStride, int rows, int columns)
    {
        unchecked // Pointers stay inside the rows.
        {
            int left = Math.Min(columns, TLane.Width);
            for (int row = 0; row < rows; row++, source += sourceStride, destination += destinationStride)
            {
                TLane.StoreFirst(TLane.LoadFirst(source, left), destination, left);
                if (columns > left)
                {
                    TLane.StoreFirst(TLane.LoadFirst(source + left, columns - left), destination + left, columns - left);
                }
            }
        }
    }

    /// <summary>Transposes a block that is not full, by way of one that is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Edge(float* source, nint sourceStride, int columns, int depth, float* destination, float* lines)
    {
        unchecked // As above; lines holds two full blocks.
        {
            float* turned = lines + (TLane.Width * TLane.Width);
            for (int column = 0; column < TLane.Width; column++)
            {
                TVector line = column < columns ? TLane.LoadFirst(source + (column * sourceStride), depth) : default;
                TLane.Store(line, lines + (column * TLane.Width));
            }

            TLane.Transpose(lines, TLane.Width, turned, TLane.Width);
            for (int k = 0; k < depth; k++)
            {
                TLane.Store(TLane.Load(turned + (k * TLane.Width)), destination + ((nint)k * Panel));
            }
        }
    }
}
