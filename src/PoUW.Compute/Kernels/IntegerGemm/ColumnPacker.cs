using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>
/// Packs a block of B in panels of columns: for every group of 4 k one int of bytes a column (with <see cref="IOperandFormat.Offset"/>
/// added), or two rows of ints, each a 16-bit pair, for <see cref="IOperandFormat.Wide"/>. What lies beyond k or the columns is undefined:
/// zeros of A or the caller discard it.
/// </summary>
internal static unsafe class ColumnPacker
{
    private const int Group = 4;
    private const int Strip = 256;

    /// <summary>Packs columns of B.</summary>
    /// <param name="source">The stored operand.</param>
    /// <param name="firstColumn">First column of B.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="firstK">First k.</param>
    /// <param name="count">Number of k.</param>
    /// <param name="target">Where the panels go.</param>
    /// <returns>False if the format is narrow and an element is outside [-64, 63].</returns>
    public static bool Pack<TFormat>(in PackSource source, int firstColumn, int columns, int firstK, int count, in PanelTarget target)
        where TFormat : struct, IOperandFormat
    {
        Vector128<byte> range = source.InnerIsRow
            ? PackInterleaved<TFormat>(source, firstColumn, columns, firstK, count, target)
            : PackTransposed<TFormat>(source, firstColumn, columns, firstK, count, target);

        // With the offset added, an element of the narrow range has no high bit.
        return !TFormat.Narrow || (range & Vector128.Create((byte)0x80)) == default;
    }

    private static Vector128<byte> PackInterleaved<TFormat>(
        in PackSource source, int firstColumn, int columns, int firstK, int count, in PanelTarget target)
        where TFormat : struct, IOperandFormat
    {
        Vector128<byte> range = default;
        unchecked // Addresses stay inside the operand and the buffer.
        {
            for (int first = 0; first < columns; first += Strip)
            {
                int last = Math.Min(columns, first + Strip);
                for (int k = 0; k < count; k += Group)
                {
                    sbyte* rows = source.At(firstColumn + first, firstK + k);
                    int row = k / Group * (TFormat.Wide ? 2 : 1);
                    nint readable = count - k < Group ? 0 : (nint)(source.End - rows) - (3 * source.Stride);
                    int whole = first + (int)Math.Min(last - first + ByteBlocks.Edge - 1, readable) / ByteBlocks.Edge * ByteBlocks.Edge;
                    range |= InterleaveRow<TFormat>(rows, source.Stride, first, whole, row, target);
                    if (whole < last)
                    {
                        range |= InterleaveStaged<TFormat>(rows + (whole - first), source.Stride, count - k, (whole, last), row, target);
                    }
                }
            }
        }

        return range;
    }

    /// <summary>4 stored rows along k of whole blocks of columns.</summary>
    private static Vector128<byte> InterleaveRow<TFormat>(sbyte* rows, nint stride, int first, int last, int row, in PanelTarget target)
        where TFormat : struct, IOperandFormat
    {
        Vector128<byte> range = default;
        PanelTarget panels = target;
        unchecked // Addresses stay inside the operand and the buffer.
        {
            for (int column = first; column < last; column += ByteBlocks.Edge, rows += ByteBlocks.Edge)
            {
                range |= Interleave<TFormat>(rows, stride, panels.At(column, row), panels.Width);
            }
        }

        return range;
    }

    /// <summary>The same where fewer rows exist or the memory of the matrix ends.</summary>
    private static Vector128<byte> InterleaveStaged<TFormat>(
        sbyte* rows, nint stride, int count, (int First, int Last) columns, int row, in PanelTarget target)
        where TFormat : struct, IOperandFormat
    {
        Vector128<byte> range = default;
        sbyte* staged = stackalloc sbyte[ByteBlocks.Bytes];
        unchecked // Addresses stay inside the operand and the buffer.
        {
            for (int column = columns.First; column < columns.Last; column += ByteBlocks.Edge, rows += ByteBlocks.Edge)
            {
                ByteBlocks.Stage(rows, stride, Math.Min(Group, count), Math.Min(ByteBlocks.Edge, columns.Last - column), staged);
                range |= Interleave<TFormat>(staged, ByteBlocks.Edge, target.At(column, row), target.Width);
            }
        }

        return range;
    }

    private static Vector128<byte> PackTransposed<TFormat>(
        in PackSource source, int firstColumn, int columns, int firstK, int count, in PanelTarget target)
        where TFormat : struct, IOperandFormat
    {
        Vector128<byte> range = default;
        unchecked // Addresses stay inside the operand and the buffer.
        {
            for (int column = 0; column < columns; column += ByteBlocks.Edge)
            {
                sbyte* rows = source.At(firstColumn + column, firstK);
                int present = Math.Min(ByteBlocks.Edge, columns - column);
                nint readable = (nint)(source.End - rows) - ((present - 1) * source.Stride);
                int whole = (int)Math.Min(count + ByteBlocks.Edge - 1, readable) / ByteBlocks.Edge;
                int* destination = target.At(column, 0);
                range |= TransposeRows<TFormat>(rows, source.Stride, present, whole, destination, target.Width);
                int done = whole * ByteBlocks.Edge;
                if (done < count)
                {
                    destination = target.At(column, done / Group * (TFormat.Wide ? 2 : 1));
                    range |= TransposeStaged<TFormat>(rows + done, source.Stride, present, count - done, destination, target.Width);
                }
            }
        }

        return range;
    }

    /// <summary>Whole blocks of 16 k of up to 16 columns, whose k are contiguous.</summary>
    private static Vector128<byte> TransposeRows<TFormat>(
        sbyte* rows, nint stride, int columns, int blocks, int* destination, nint width)
        where TFormat : struct, IOperandFormat
    {
        Vector128<byte> range = default;
        int last = columns - 1;
        unchecked // Addresses stay inside the operand and the buffer.
        {
            for (; blocks > 0; blocks--, rows += ByteBlocks.Edge, destination += (TFormat.Wide ? 8 : 4) * width)
            {
                for (int column = 0; column <= last; column += 4)
                {
                    // Columns that do not exist repeat the last one.
                    sbyte* first = rows + (column * stride);
                    sbyte* second = rows + (Math.Min(column + 1, last) * stride);
                    sbyte* third = rows + (Math.Min(column + 2, last) * stride);
                    sbyte* fourth = rows + (Math.Min(column + 3, last) * stride);
                    range |= Transpose<TFormat>(first, second, third, fourth, destination + column, width);
                }
            }
        }

        return range;
    }

    /// <summary>The same for up to 16 k where the memory of the matrix ends.</summary>
    private static Vector128<byte> TransposeStaged<TFormat>(
        sbyte* rows, nint stride, int columns, int count, int* destination, nint width)
        where TFormat : struct, IOperandFormat
    {
        sbyte* staged = stackalloc sbyte[ByteBlocks.Bytes];
        ByteBlocks.Stage(rows, stride, columns, count, staged);
        return TransposeRows<TFormat>(staged, ByteBlocks.Edge, columns, 1, destination, width);
    }

    /// <summary>4 columns, whose k are contiguous, of 16 k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Transpose<TFormat>(
        sbyte* first, sbyte* second, sbyte* third, sbyte* fourth, int* destination, nint width)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            Vector128<int> a = Vector128.Load(first).AsInt32();
            Vector128<int> b = Vector128.Load(second).AsInt32();
            Vector128<int> c = Vector128.Load(third).AsInt32();
            Vector128<int> d = Vector128.Load(fourth).AsInt32();
            ByteBlocks.Transpose(ref a, ref b, ref c, ref d);
            nint group = TFormat.Wide ? 2 * width : width;
            return Emit<TFormat>(a, destination, width) | Emit<TFormat>(b, destination + group, width)
                | Emit<TFormat>(c, destination + (2 * group), width) | Emit<TFormat>(d, destination + (3 * group), width);
        }
    }

    /// <summary>4 stored rows along k of 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Interleave<TFormat>(sbyte* rows, nint stride, int* destination, nint width)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            Vector128<int> a = Vector128.Load(rows).AsInt32();
            Vector128<int> b = Vector128.Load(rows + stride).AsInt32();
            Vector128<int> c = Vector128.Load(rows + (2 * stride)).AsInt32();
            Vector128<int> d = Vector128.Load(rows + (3 * stride)).AsInt32();
            ByteBlocks.Interleave(ref a, ref b, ref c, ref d);
            return Emit<TFormat>(a, destination, width) | Emit<TFormat>(b, destination + 4, width)
                | Emit<TFormat>(c, destination + 8, width) | Emit<TFormat>(d, destination + 12, width);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Emit<TFormat>(Vector128<int> groups, int* destination, nint width)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            if (TFormat.Wide)
            {
                // Bytes 0 and 2 of every int, and bytes 1 and 3, with their signs; then the pairs (0, 1) and (2, 3).
                Vector128<int> even = ((groups.AsInt16() << 8) >> 8).AsInt32();
                Vector128<int> odd = (groups.AsInt16() >> 8).AsInt32();
                ((even & Vector128.Create(0xFFFF)) | (odd << 16)).Store(destination);
                ((even >>> 16) | (odd & Vector128.Create(~0xFFFF))).Store(destination + width);
                return default;
            }

            Vector128<byte> bytes = groups.AsByte() + Vector128.Create((byte)TFormat.Offset);
            bytes.AsInt32().Store(destination);
            return bytes;
        }
    }
}
