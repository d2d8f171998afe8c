using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>
/// Packs a block of A row by row with k contiguous, zeros beyond k, at a row stride of the caller: bytes, or 16-bit numbers for
/// <see cref="IOperandFormat.Wide"/>.
/// </summary>
internal static unsafe class RowPacker
{
    private const int Chunk = 32;
    private const int Strip = 64;
    private const byte NarrowOffset = 64;
    private const byte OutOfRange = 0x80;

    /// <summary>Bytes along k that a packed row covers.</summary>
    public static int Padded(int k) => (k + Chunk - 1) / Chunk * Chunk;

    /// <summary>Packs rows; up to 15 more rows of the destination are overwritten.</summary>
    /// <param name="source">The stored operand.</param>
    /// <param name="firstRow">First row of A.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="firstK">First k.</param>
    /// <param name="count">Number of k.</param>
    /// <param name="destination">Receives the rows.</param>
    /// <param name="stride">Ints from row to row.</param>
    public static void Pack<TFormat>(in PackSource source, int firstRow, int rows, int firstK, int count, int* destination, nint stride)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            if (!source.InnerIsRow)
            {
                for (int row = 0; row < rows; row++)
                {
                    CopyRow<TFormat>(source.At(firstRow + row, firstK), count, source.End, destination + (row * stride));
                }

                return;
            }

            for (int row = 0; row < rows; row += Strip)
            {
                int last = Math.Min(rows, row + Strip);
                for (int k = 0; k < count; k += Chunk)
                {
                    TransposeStrip<TFormat>(source, (firstRow, row, last), firstK + k, count - k, destination + Ints<TFormat>(k), stride);
                }
            }
        }
    }

    /// <summary>Writes factor * sum of each packed row of bytes, modulo 2^32.</summary>
    /// <param name="packed">The rows.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="stride">Ints from row to row.</param>
    /// <param name="count">Number of k, at most 4064, so that the 16-bit partial sums hold.</param>
    /// <param name="factor">The factor.</param>
    /// <param name="sums">One int a row.</param>
    /// <returns>False if an element is outside [-64, 63].</returns>
    public static bool Sum(int* packed, int rows, nint stride, int count, int factor, int* sums)
    {
        Vector256<byte> range = default;
        int chunks = Padded(count) / Chunk;
        unchecked
        {
            for (int row = 0; row < rows; row++)
            {
                Vector256<short> total = default;
                byte* bytes = (byte*)(packed + (row * stride));
                for (int chunk = 0; chunk < chunks; chunk++, bytes += Chunk)
                {
                    Vector256<byte> value = Vector256.Load(bytes);
                    range |= value + Vector256.Create(NarrowOffset);
                    total += ((value.AsInt16() << 8) >> 8) + (value.AsInt16() >> 8);
                }

                sums[row] = factor * Vector256.Sum(Vector256.WidenLower(total) + Vector256.WidenUpper(total));
            }
        }

        return (range & Vector256.Create(OutOfRange)) == default;
    }

    private static int Ints<TFormat>(int k)
        where TFormat : struct, IOperandFormat => TFormat.Wide ? k / 2 : k / 4;

    private static void CopyRow<TFormat>(sbyte* source, int count, sbyte* end, int* destination)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            int k = 0;
            for (; k <= count - Chunk; k += Chunk)
            {
                Emit<TFormat>(Vector256.Load(source + k), destination + Ints<TFormat>(k));
            }

            if (k < count)
            {
                Emit<TFormat>(LoadPart(source + k, count - k, end), destination + Ints<TFormat>(k));
            }
        }
    }

    private static Vector256<sbyte> LoadPart(sbyte* source, int count, sbyte* end)
    {
        if (end - source >= Chunk)
        {
            return Vector256.Load(source) & Vector256.LessThan(Vector256<sbyte>.Indices, Vector256.Create((sbyte)count));
        }

        Vector256<sbyte> value = default;
        new Span<sbyte>(source, count).CopyTo(new Span<sbyte>(&value, Chunk));
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Emit<TFormat>(Vector256<sbyte> value, int* destination)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            if (TFormat.Wide)
            {
                Vector256.WidenLower(value).AsInt32().Store(destination);
                Vector256.WidenUpper(value).AsInt32().Store(destination + (Chunk / 4));
            }
            else
            {
                value.AsInt32().Store(destination);
            }
        }
    }

    /// <summary>One chunk along k of up to 64 rows: the bytes of one line of the cache.</summary>
    private static void TransposeStrip<TFormat>(
        in PackSource source, (int Origin, int First, int Last) rows, int k, int count, int* destination, nint stride)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            for (int row = rows.First; row < rows.Last; row += ByteBlocks.Edge)
            {
                int columns = Math.Min(ByteBlocks.Edge, rows.Last - row);
                int* target = destination + (row * stride);
                sbyte* block = source.At(rows.Origin + row, k);
                TransposeBlock<TFormat>(source, block, count, columns, target, stride);
                block += ByteBlocks.Edge * source.Stride;
                TransposeBlock<TFormat>(source, block, count - ByteBlocks.Edge, columns, target + Ints<TFormat>(ByteBlocks.Edge), stride);
            }
        }
    }

    /// <summary>16 stored rows along k of 16 vectors.</summary>
    private static void TransposeBlock<TFormat>(in PackSource source, sbyte* block, int count, int columns, int* destination, nint stride)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            if (count >= ByteBlocks.Edge && block + (15 * source.Stride) + ByteBlocks.Edge <= source.End)
            {
                TransposeBlock<TFormat>(block, source.Stride, destination, stride);
                return;
            }

            sbyte* staged = stackalloc sbyte[ByteBlocks.Bytes];
            ByteBlocks.Stage(block, source.Stride, Math.Min(count, ByteBlocks.Edge), columns, staged);
            TransposeBlock<TFormat>(staged, ByteBlocks.Edge, destination, stride);
        }
    }

    private static void TransposeBlock<TFormat>(sbyte* block, nint blockStride, int* destination, nint stride)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            Quad(block, blockStride, out Vector128<int> a0, out Vector128<int> b0, out Vector128<int> c0, out Vector128<int> d0);
            Quad(block + (4 * blockStride), blockStride, out Vector128<int> a1, out Vector128<int> b1, out Vector128<int> c1, out Vector128<int> d1);
            Quad(block + (8 * blockStride), blockStride, out Vector128<int> a2, out Vector128<int> b2, out Vector128<int> c2, out Vector128<int> d2);
            Quad(block + (12 * blockStride), blockStride, out Vector128<int> a3, out Vector128<int> b3, out Vector128<int> c3, out Vector128<int> d3);
            FourRows<TFormat>(a0, a1, a2, a3, destination, stride);
            FourRows<TFormat>(b0, b1, b2, b3, destination + (4 * stride), stride);
            FourRows<TFormat>(c0, c1, c2, c3, destination + (8 * stride), stride);
            FourRows<TFormat>(d0, d1, d2, d3, destination + (12 * stride), stride);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad(
        sbyte* rows, nint stride, out Vector128<int> a, out Vector128<int> b, out Vector128<int> c, out Vector128<int> d)
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            a = Vector128.Load(rows).AsInt32();
            b = Vector128.Load(rows + stride).AsInt32();
            c = Vector128.Load(rows + (2 * stride)).AsInt32();
            d = Vector128.Load(rows + (3 * stride)).AsInt32();
            ByteBlocks.Interleave(ref a, ref b, ref c, ref d);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FourRows<TFormat>(
        Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d, int* destination, nint stride)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            ByteBlocks.Transpose(ref a, ref b, ref c, ref d);
            Emit<TFormat>(a, destination);
            Emit<TFormat>(b, destination + stride);
            Emit<TFormat>(c, destination + (2 * stride));
            Emit<TFormat>(d, destination + (3 * stride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Emit<TFormat>(Vector128<int> value, int* destination)
        where TFormat : struct, IOperandFormat
    {
        unchecked // Addresses stay inside the operand and the buffer.
        {
            if (TFormat.Wide)
            {
                Vector128.WidenLower(value.AsSByte()).AsInt32().Store(destination);
                Vector128.WidenUpper(value.AsSByte()).AsInt32().Store(destination + 4);
            }
            else
            {
                value.Store(destination);
            }
        }
    }
}
