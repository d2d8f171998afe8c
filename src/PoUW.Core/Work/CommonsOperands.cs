using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Core.Parameters;

namespace PoUW.Core.Work;

/// <summary>
/// Generates the operands of a network's commons product. Stream: H("TW1/commons" || seed u64 || operand u8 (0 for A, 1 for B) ||
/// counter u64), little-endian; every byte gives its low seven bits less 63, and 127 is skipped, so entries are uniform in [-63, 63].
/// </summary>
public static class CommonsOperands
{
    /// <summary>A, row-major, M x K.</summary>
    public static sbyte[] CreateA(CommonsProduct product) => Create(product.Seed, 0, checked(product.M * product.K));

    /// <summary>B, row-major, K x N.</summary>
    public static sbyte[] CreateB(CommonsProduct product) => Create(product.Seed, 1, checked(product.K * product.N));

    private static sbyte[] Create(ulong seed, byte operand, int length)
    {
        sbyte[] values = new sbyte[length];
        Span<byte> preimage = stackalloc byte[11 + 8 + 1 + 8];
        "TW1/commons"u8.CopyTo(preimage);
        BinaryPrimitives.WriteUInt64LittleEndian(preimage[11..], seed);
        preimage[19] = operand;
        Span<byte> digest = stackalloc byte[32];
        int filled = 0;
        for (ulong counter = 0; filled < length; counter++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(preimage[20..], counter);
            SHA256.HashData(preimage, digest);
            foreach (byte raw in digest)
            {
                if ((raw & 127) != 127 && filled < length)
                {
                    values[filled++] = (sbyte)((raw & 127) - 63);
                }
            }
        }

        return values;
    }
}
