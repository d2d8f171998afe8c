using System.Buffers.Binary;
using System.Numerics;
using PoUW.Core.Primitives;

namespace PoUW.Core.Hashing;

/// <summary>
/// Keccak-256 with the original padding byte 0x01, as Ethereum uses it (The Keccak reference, version 3.0; not FIPS 202 SHA3-256,
/// which pads with 0x06). Used for addresses only.
/// </summary>
public static class Keccak256
{
    private const int RateBytes = 136;
    private const int Rounds = 24;

    private static ReadOnlySpan<byte> RotationOffsets => [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

    private static ReadOnlySpan<byte> PiLanes => [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

    private static ReadOnlySpan<ulong> RoundConstants =>
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B, 0x0000000080000001,
        0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003, 0x8000000000008002, 0x8000000000000080,
        0x000000000000800A, 0x800000008000000A, 0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    /// <summary>The Keccak-256 hash of <paramref name="data"/>.</summary>
    public static Hash256 HashData(ReadOnlySpan<byte> data)
    {
        Span<ulong> state = stackalloc ulong[25];
        state.Clear();
        while (data.Length >= RateBytes)
        {
            Absorb(state, data[..RateBytes]);
            data = data[RateBytes..];
        }

        Span<byte> last = stackalloc byte[RateBytes];
        last.Clear();
        data.CopyTo(last);
        last[data.Length] = 0x01;
        last[RateBytes - 1] |= 0x80;
        Absorb(state, last);

        Span<byte> digest = stackalloc byte[Hash256.Size];
        for (int lane = 0; lane < 4; lane++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(lane * 8)..], state[lane]);
        }

        return new Hash256(digest);
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (int lane = 0; lane < RateBytes / 8; lane++)
        {
            state[lane] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(lane * 8)..]);
        }

        Permute(state);
    }

    private static void Permute(Span<ulong> state)
    {
        Span<ulong> column = stackalloc ulong[5];
        for (int round = 0; round < Rounds; round++)
        {
            Theta(state, column);
            RhoPi(state);
            Chi(state, column);
            state[0] ^= RoundConstants[round];
        }
    }

    private static void Theta(Span<ulong> state, Span<ulong> column)
    {
        for (int x = 0; x < 5; x++)
        {
            column[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
        }

        for (int x = 0; x < 5; x++)
        {
            ulong mix = column[(x + 4) % 5] ^ BitOperations.RotateLeft(column[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5)
            {
                state[y + x] ^= mix;
            }
        }
    }

    private static void RhoPi(Span<ulong> state)
    {
        ulong moving = state[1];
        for (int i = 0; i < 24; i++)
        {
            int lane = PiLanes[i];
            ulong next = state[lane];
            state[lane] = BitOperations.RotateLeft(moving, RotationOffsets[i]);
            moving = next;
        }
    }

    private static void Chi(Span<ulong> state, Span<ulong> row)
    {
        for (int y = 0; y < 25; y += 5)
        {
            state.Slice(y, 5).CopyTo(row);
            for (int x = 0; x < 5; x++)
            {
                state[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
            }
        }
    }
}
