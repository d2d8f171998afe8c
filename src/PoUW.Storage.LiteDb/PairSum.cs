using System.Buffers.Binary;
using System.Security.Cryptography;

namespace PoUW.Storage.LiteDb;

/// <summary>
/// What tells a damaged pair from a right one: 64 bits of SHA-256 over the key's length, the key and the value. The digest of a store is the
/// sum of them over all pairs modulo 2^64, so it does not depend on their order. No protection against people who can write the file.
/// </summary>
internal static class PairSum
{
    internal static ulong Of(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, key.Length);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(bytes[..sizeof(int)]);
        hash.AppendData(key);
        hash.AppendData(value);
        hash.GetHashAndReset(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }
}
