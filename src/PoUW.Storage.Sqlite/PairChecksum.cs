using System.Buffers.Binary;
using System.Numerics;

namespace PoUW.Storage.Sqlite;

/// <summary>
/// What tells a damaged pair from a right one. It is no protection against people who can write the file: they can compute it, too.
/// </summary>
internal static class PairChecksum
{
    /// <summary>CRC-32C (Castagnoli) over the key's length, the key and the value.</summary>
    internal static uint Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) =>
        Append(Append(BitOperations.Crc32C(uint.MaxValue, (uint)key.Length), key), value);

    /// <summary>CRC-32C of plain bytes.</summary>
    internal static uint Of(ReadOnlySpan<byte> bytes) => Append(uint.MaxValue, bytes);

    /// <summary>
    /// What the pair adds to the digest of the store: 64 bits of the key's own checksum and the pair's, mixed so that sums of such numbers
    /// do not cancel. The digest is the sum over all pairs modulo 2^64, so it does not depend on their order.
    /// </summary>
    internal static ulong Fingerprint(ReadOnlySpan<byte> key, uint checksum)
    {
        // Finaliser of MurmurHash3 (Austin Appleby, public domain); it wraps on purpose.
        unchecked
        {
            ulong mixed = ((ulong)Of(key) << 32) | checksum;
            mixed = (mixed ^ (mixed >> 33)) * 0xFF51AFD7ED558CCDUL;
            mixed = (mixed ^ (mixed >> 33)) * 0xC4CEB9FE1A85EC53UL;
            return mixed ^ (mixed >> 33);
        }
    }

    private static uint Append(uint sum, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (byte b in bytes)
        {
            sum = BitOperations.Crc32C(sum, b);
        }

        return sum;
    }
}
