using System.Buffers.Binary;
using System.Numerics;

namespace PoUW.Core.Archive;

/// <summary>
/// CRC-32C (Castagnoli; RFC 3720, appendix B.4): initial value and final mask all ones, reflected. Finds accidents; whoever wants to deceive
/// can fit it, which is why everything that it covers is validated as well.
/// </summary>
internal static class Crc32C
{
    internal static uint Of(ReadOnlySpan<byte> data) => ~Append(uint.MaxValue, data);

    /// <summary>The checksum of a big-endian number and the bytes after it.</summary>
    internal static uint Of(ulong number, ReadOnlySpan<byte> data)
    {
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(prefix, number);
        return ~Append(Append(uint.MaxValue, prefix), data);
    }

    private static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        for (; data.Length >= 8; data = data[8..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        }

        foreach (byte value in data)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        return crc;
    }
}
