using System.Runtime.Intrinsics;

namespace PoUW.Compute.Backends;

/// <summary>
/// Turns int8 matrices into the ints of the product kernels: 4 consecutive k as bytes, or 2 as shorts. Missing k are zero.
/// </summary>
internal static unsafe class OperandPacker
{
    private const int SignFlip = unchecked((int)0x80808080);

    /// <summary>Packs rows in which k is contiguous: destination[row * groups + group].</summary>
    /// <param name="source">rows x k.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="k">Inner dimension.</param>
    /// <param name="group">4 or 2.</param>
    /// <param name="flip">Adds 128 to every byte.</param>
    /// <param name="destination">rows * ceil(k / group) ints.</param>
    public static void Rows(sbyte* source, int rows, int k, int group, bool flip, int* destination)
    {
        int groups = (k + group - 1) / group;
        int full = k / group;
        int xor = flip ? SignFlip : 0;
        for (int row = 0; row < rows; row++, source += k, destination += groups)
        {
            if (group == 4)
            {
                for (int g = 0; g < full; g++)
                {
                    destination[g] = *(int*)(source + (4 * g)) ^ xor;
                }
            }
            else
            {
                WidenPairs(source, full, destination);
            }

            if (groups > full)
            {
                destination[full] = Gather(source + (group * full), 1, k - (group * full), group) ^ xor;
            }
        }
    }

    /// <summary>
    /// Packs a matrix in which k is the row index: columns [first, first + count) of group g go to destination[g * stride + column].
    /// </summary>
    public static void Interleave(sbyte* source, int k, int columns, int first, int count, int group, bool flip, int* destination, int stride)
    {
        int xor = flip ? SignFlip : 0;
        int groups = (k + group - 1) / group;
        for (int g = 0; g < groups; g++, destination += stride)
        {
            sbyte* rows = source + ((long)g * group * columns) + first;
            int present = Math.Min(group, k - (g * group));
            int column = 0;
            if (present == group)
            {
                for (; column <= count - Vector128<sbyte>.Count; column += Vector128<sbyte>.Count)
                {
                    Block(rows + column, columns, group, xor, destination + column);
                }
            }

            for (; column < count; column++)
            {
                destination[column] = Gather(rows + column, columns, present, group) ^ xor;
            }
        }
    }

    private static void WidenPairs(sbyte* source, int pairs, int* destination)
    {
        int pair = 0;
        for (; pair <= pairs - 8; pair += 8)
        {
            (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.Load(source + (2 * pair)));
            low.AsInt32().Store(destination + pair);
            high.AsInt32().Store(destination + pair + 4);
        }

        for (; pair < pairs; pair++)
        {
            destination[pair] = Gather(source + (2 * pair), 1, 2, 2);
        }
    }

    /// <summary>16 columns of one group.</summary>
    private static void Block(sbyte* rows, int columns, int group, int xor, int* destination)
    {
        (Vector128<short> low0, Vector128<short> high0) = Vector128.Widen(Vector128.Load(rows));
        (Vector128<short> low1, Vector128<short> high1) = Vector128.Widen(Vector128.Load(rows + columns));
        if (group == 2)
        {
            Pairs(low0, low1, destination);
            Pairs(high0, high1, destination + 8);
            return;
        }

        (Vector128<short> low2, Vector128<short> high2) = Vector128.Widen(Vector128.Load(rows + (2L * columns)));
        (Vector128<short> low3, Vector128<short> high3) = Vector128.Widen(Vector128.Load(rows + (3L * columns)));
        Vector128<short> mask = Vector128.Create((short)0xFF);
        Vector128<int> flip = Vector128.Create(xor);
        Quads((low0 & mask) | (low1 << 8), (low2 & mask) | (low3 << 8), flip, destination);
        Quads((high0 & mask) | (high1 << 8), (high2 & mask) | (high3 << 8), flip, destination + 8);
    }

    private static void Pairs(Vector128<short> even, Vector128<short> odd, int* destination)
    {
        Quads(even, odd, Vector128<int>.Zero, destination);
    }

    /// <summary>Joins two vectors of 16-bit halves to 8 ints.</summary>
    private static void Quads(Vector128<short> lowHalf, Vector128<short> highHalf, Vector128<int> flip, int* destination)
    {
        (Vector128<uint> low0, Vector128<uint> low1) = Vector128.Widen(lowHalf.AsUInt16());
        (Vector128<uint> high0, Vector128<uint> high1) = Vector128.Widen(highHalf.AsUInt16());
        ((low0 | (high0 << 16)).AsInt32() ^ flip).Store(destination);
        ((low1 | (high1 << 16)).AsInt32() ^ flip).Store(destination + 4);
    }

    private static int Gather(sbyte* source, int stride, int present, int group)
    {
        int bits = 32 / group;
        uint value = 0;
        for (int i = 0; i < present; i++)
        {
            uint element = unchecked((uint)source[(long)i * stride]) & (uint.MaxValue >> (32 - bits));
            value |= element << (i * bits);
        }

        return unchecked((int)value);
    }
}
