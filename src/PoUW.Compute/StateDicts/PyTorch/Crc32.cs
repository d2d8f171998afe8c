using System.Buffers.Binary;

namespace PoUW.Compute.StateDicts.PyTorch;

/// <summary>CRC-32 as zip archives use it (reflected polynomial 0xEDB88320), eight bytes at a time by eight tables.</summary>
internal static class Crc32
{
    private const uint Polynomial = 0xEDB88320;
    private const int Entries = 256;

    private static readonly uint[] Tables = CreateTables();

    /// <summary>The checksum of bytes.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        ReadOnlySpan<uint> tables = Tables;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            ulong block = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ crc;
            crc = 0;
            for (int i = 0; i < sizeof(ulong); i++)
            {
                crc ^= tables[((7 - i) * Entries) + (int)((block >> (8 * i)) & byte.MaxValue)];
            }
        }

        foreach (byte value in bytes)
        {
            crc = (crc >> 8) ^ tables[(int)((crc ^ value) & byte.MaxValue)];
        }

        return ~crc;
    }

    private static uint[] CreateTables()
    {
        uint[] tables = new uint[8 * Entries];
        for (uint i = 0; i < Entries; i++)
        {
            uint crc = i;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * Polynomial);
            }

            tables[i] = crc;
        }

        for (int i = Entries; i < tables.Length; i++)
        {
            uint before = tables[i - Entries];
            tables[i] = (before >> 8) ^ tables[before & byte.MaxValue];
        }

        return tables;
    }
}
