using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace PoUW.Core.Hashing;

/// <summary>
/// SHA-256 (FIPS 180-4) of up to 32 messages of one length at once, one message a vector lane: twice 16 lanes of 512-bit vectors, which
/// take turns, 8 lanes of 256-bit ones again and again, or the platform's hash where the machine has neither. The result is the same on
/// every path. Messages lie in slots, one slot after the other; a slot holds its message and the padding of SHA-256, which
/// <see cref="WritePadding"/> writes once, so slots are reused for messages of the same length. Stateless and thread-safe.
/// </summary>
public static class Sha256Batch
{
    /// <summary>Messages a batch.</summary>
    public const int Lanes = 32;

    /// <summary>Bytes of a digest.</summary>
    public const int DigestBytes = 32;

    internal const int BlockBytes = 64;

    // Fewer messages than this are faster one by one on a processor with instructions for SHA-256.
    private const int MinVectorMessages = 4;

    internal static ReadOnlySpan<uint> RoundConstants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    internal static ReadOnlySpan<uint> InitialState =>
    [
        0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ];

    /// <summary>Bytes of a slot for messages of a length.</summary>
    public static int SlotBytes(int messageBytes) => (messageBytes + 9 + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <summary>Writes the padding of a message into its slot of <see cref="SlotBytes"/> bytes; the message itself is left alone.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="messageBytes">Bytes of the message.</param>
    public static void WritePadding(Span<byte> slot, int messageBytes)
    {
        slot[messageBytes..].Clear();
        slot[messageBytes] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(slot[^8..], (ulong)messageBytes * 8);
    }

    /// <summary>Hashes <paramref name="count"/> messages.</summary>
    /// <param name="slots">32 slots with their padding; the ones beyond the count may hold anything.</param>
    /// <param name="messageBytes">Bytes of every message.</param>
    /// <param name="count">0 to 32.</param>
    /// <param name="digests">Receives 32 bytes a message.</param>
    /// <exception cref="ArgumentOutOfRangeException">A span is too short, or the length or count is out of range.</exception>
    public static void Hash(ReadOnlySpan<byte> slots, int messageBytes, int count, Span<byte> digests)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(messageBytes);
        int slotBytes = SlotBytes(messageBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Lanes);
        ArgumentOutOfRangeException.ThrowIfLessThan(slots.Length, slotBytes * Lanes, nameof(slots));
        ArgumentOutOfRangeException.ThrowIfLessThan(digests.Length, count * DigestBytes, nameof(digests));
        if (count >= MinVectorMessages && Avx512F.IsSupported && Avx512BW.IsSupported)
        {
            if (count > Sha256Lanes16.Lanes)
            {
                Sha256Lanes32.Hash(slots, slotBytes, count, digests);
            }
            else
            {
                Sha256Lanes16.Hash(slots, slotBytes, count, digests);
            }
        }
        else if (count >= MinVectorMessages && Avx2.IsSupported)
        {
            for (int first = 0; first < count; first += Sha256Lanes8.Lanes)
            {
                int lanes = Math.Min(Sha256Lanes8.Lanes, count - first);
                Sha256Lanes8.Hash(slots[(first * slotBytes)..], slotBytes, lanes, digests[(first * DigestBytes)..]);
            }
        }
        else
        {
            for (int i = 0; i < count; i++)
            {
                SHA256.HashData(slots.Slice(i * slotBytes, messageBytes), digests.Slice(i * DigestBytes, DigestBytes));
            }
        }
    }
}
