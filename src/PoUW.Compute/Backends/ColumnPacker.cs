using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Backends;

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
        Vector128<byte> range = default;
        int step = source.InnerIsRow ? Group : ByteBlocks.Edge;
        int strip = source.InnerIsRow ? Strip : ByteBlocks.Edge;
        sbyte* staged = stackalloc sbyte[ByteBlocks.Bytes];
        unchecked // Addresses stay inside the operand and the buffer.
        {
            for (int first = 0; first < columns; first += strip)
            {
                int last = Math.Min(columns, first + strip);
                for (int k = 0; k < count; k += step)
                {
                    for (int column = first; column < last; column += ByteBlocks.Edge)
                    {
                        sbyte* block = source.At(firstColumn + column, firstK + k);
                        int* destination = target.At(column, k / Group * (TFormat.Wide ? 2 : 1));
                        int vectors = Math.Min(ByteBlocks.Edge, columns - column);
                        range |= source.InnerIsRow
                            ? InterleaveBlock<TFormat>(source, block, count - k, vectors, destination, target.Width, staged)
                            : TransposeBlock<TFormat>(source, block, count - k, vectors, destination, target.Width, staged);
                    }
                }
            }
        }

        // With the offset added, an element of the narrow range has no high bit.
        return !TFormat.Narrow || (range & Vector128.Create((byte)0x80)) == default;
    }

    /// <summary>4 stored rows along k of 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> InterleaveBlock<TFormat>(
        in PackSource source, sbyte* block, int count, int columns, int* destination, nint width, sbyte* staged)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            nint stride = source.Stride;
            if (count < Group || block + (3 * stride) + ByteBlocks.Edge > source.End)
            {
                ByteBlocks.Stage(block, stride, Math.Min(Group, count), columns, staged);
                block = staged;
                stride = ByteBlocks.Edge;
            }

            Vector128<int> a = Vector128.Load(block).AsInt32();
            Vector128<int> b = Vector128.Load(block + stride).AsInt32();
            Vector128<int> c = Vector128.Load(block + (2 * stride)).AsInt32();
            Vector128<int> d = Vector128.Load(block + (3 * stride)).AsInt32();
            ByteBlocks.Interleave(ref a, ref b, ref c, ref d);
            return Emit<TFormat>(a, destination, width) | Emit<TFormat>(b, destination + 4, width)
                | Emit<TFormat>(c, destination + 8, width) | Emit<TFormat>(d, destination + 12, width);
        }
    }

    /// <summary>16 columns, whose k are contiguous, of 16 k; columns that do not exist repeat the last one.</summary>
    private static Vector128<byte> TransposeBlock<TFormat>(
        in PackSource source, sbyte* block, int count, int columns, int* destination, nint width, sbyte* staged)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            nint stride = source.Stride;
            if (block + ((columns - 1) * stride) + ByteBlocks.Edge > source.End)
            {
                ByteBlocks.Stage(block, stride, columns, Math.Min(ByteBlocks.Edge, count), staged);
                block = staged;
                stride = ByteBlocks.Edge;
            }

            Vector128<byte> range = default;
            for (int column = 0; column < columns; column += 4)
            {
                int last = columns - 1;
                Vector128<int> a = Vector128.Load(block + (column * stride)).AsInt32();
                Vector128<int> b = Vector128.Load(block + (Math.Min(column + 1, last) * stride)).AsInt32();
                Vector128<int> c = Vector128.Load(block + (Math.Min(column + 2, last) * stride)).AsInt32();
                Vector128<int> d = Vector128.Load(block + (Math.Min(column + 3, last) * stride)).AsInt32();
                ByteBlocks.Transpose(ref a, ref b, ref c, ref d);
                nint group = TFormat.Wide ? 2 * width : width;
                int* four = destination + column;
                range |= Emit<TFormat>(a, four, width) | Emit<TFormat>(b, four + group, width)
                    | Emit<TFormat>(c, four + (2 * group), width) | Emit<TFormat>(d, four + (3 * group), width);
            }

            return range;
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
