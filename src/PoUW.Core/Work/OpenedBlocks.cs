using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using PoUW.Core.Validation;

namespace PoUW.Core.Work;

/// <summary>Checks that opened blocks hold operands in range, and zeros beyond the matrix. Stateless and thread-safe.</summary>
internal static class OpenedBlocks
{
    private const int Edge = TileWorkParameters.TileSize;
    private const byte SignBit = 0x80;

    /// <summary>Checks the blocks in order; the first fault is reported.</summary>
    /// <param name="blocks">1024 bytes a leaf.</param>
    /// <param name="leaves">Leaf indices.</param>
    /// <param name="rows">True rows of the stored matrix.</param>
    /// <param name="columns">True columns of the stored matrix.</param>
    /// <param name="operand">The operand's name.</param>
    /// <param name="scalar">True to look at every byte of every block one by one.</param>
    public static ValidationResult Check(ReadOnlySpan<byte> blocks, ReadOnlySpan<int> leaves, int rows, int columns, string operand, bool scalar)
    {
        int perRow = TileWorkParameters.BlockCount(columns);
        for (int i = 0; i < leaves.Length; i++)
        {
            int height = Math.Min(Edge, rows - (leaves[i] / perRow * Edge));
            int width = Math.Min(Edge, columns - (leaves[i] % perRow * Edge));
            ReadOnlySpan<byte> block = blocks.Slice(i * TileWorkParameters.BlockBytes, TileWorkParameters.BlockBytes);
            if (scalar || !Vector256.IsHardwareAccelerated || !IsClean(block, height, width))
            {
                ValidationResult result = CheckBlock(block, leaves[i], height, width, operand);
                if (!result.IsValid)
                {
                    return result;
                }
            }
        }

        return ValidationResult.Ok;
    }

    // Adding 64 takes [-64, 63] to [0, 127]: any other value ends with its sign bit set. Bytes beyond the matrix are kept apart.
    private static bool IsClean(ReadOnlySpan<byte> block, int height, int width)
    {
        ref byte first = ref MemoryMarshal.GetReference(block);
        Vector256<byte> inside = Vector256.LessThan(Vector256<byte>.Indices, Vector256.Create((byte)width));
        var offset = Vector256.Create((byte)-TileWorkParameters.MinOperand);
        Vector256<byte> range = default;
        Vector256<byte> padding = default;
        for (int row = 0; row < Edge; row++)
        {
            var line = Vector256.LoadUnsafe(ref first, (nuint)(row * Edge));
            range |= line + offset;
            padding |= row < height ? Vector256.AndNot(line, inside) : line;
        }

        return ((range & Vector256.Create(SignBit)) | padding) == Vector256<byte>.Zero;
    }

    private static ValidationResult CheckBlock(ReadOnlySpan<byte> block, int leaf, int height, int width, string operand)
    {
        for (int row = 0; row < Edge; row++)
        {
            int used = row < height ? width : 0;
            if (block.Slice(row * Edge, Edge)[used..].ContainsAnyExcept((byte)0))
            {
                return ValidationResult.Fail(ValidationCode.NonZeroPadding, operand, $"Opened block {leaf} has non-zero padding.");
            }

            foreach (byte raw in block.Slice(row * Edge, used))
            {
                int value = unchecked((sbyte)raw);
                if (value is < TileWorkParameters.MinOperand or > TileWorkParameters.MaxOperand)
                {
                    return ValidationResult.Fail(ValidationCode.OperandOutOfRange, operand, $"Opened block {leaf} holds {value}.");
                }
            }
        }

        return ValidationResult.Ok;
    }
}
