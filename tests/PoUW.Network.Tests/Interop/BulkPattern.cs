using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PoUW.Network.Tests.Interop;

/// <summary>The bytes of a long transfer, the same as bulk.mjs makes.</summary>
internal static class BulkPattern
{
    public const int BlockBytes = 1 << 20;

    /// <summary>Block k: a fixed pattern with the number k over its first eight bytes.</summary>
    public static byte[] Block(long number)
    {
        byte[] block = new byte[BlockBytes];
        for (int i = 0; i < block.Length; i++)
        {
            block[i] = (byte)(((i * 131) + (i >> 8)) & 0xff);
        }

        BinaryPrimitives.WriteInt64BigEndian(block, number);
        return block;
    }

    /// <summary>The SHA-256 of a transfer, in hex.</summary>
    public static string HashOf(long length)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] block = Block(0);
        for (long sent = 0; sent < length; sent += BlockBytes)
        {
            BinaryPrimitives.WriteInt64BigEndian(block, sent / BlockBytes);
            hash.AppendData(block.AsSpan(0, (int)Math.Min(BlockBytes, length - sent)));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
