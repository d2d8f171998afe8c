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

    /// <summary>
    /// Keccak-f[1600] (FIPS 202, section 3.3), all lanes in local variables: lane x + 5y is a(x + 5y). Written out, because loops over
    /// lanes cost twice the time.
    /// </summary>
    private static void Permute(Span<ulong> state)
    {
        _ = state[24];
        ulong a0 = state[0], a1 = state[1], a2 = state[2], a3 = state[3], a4 = state[4];
        ulong a5 = state[5], a6 = state[6], a7 = state[7], a8 = state[8], a9 = state[9];
        ulong a10 = state[10], a11 = state[11], a12 = state[12], a13 = state[13], a14 = state[14];
        ulong a15 = state[15], a16 = state[16], a17 = state[17], a18 = state[18], a19 = state[19];
        ulong a20 = state[20], a21 = state[21], a22 = state[22], a23 = state[23], a24 = state[24];
        for (int round = 0; round < Rounds; round++)
        {
            // Theta: every lane takes the parity of two columns.
            ulong c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
            ulong c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
            ulong c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
            ulong c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
            ulong c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
            ulong d0 = c4 ^ Rotate(c1, 1), d1 = c0 ^ Rotate(c2, 1), d2 = c1 ^ Rotate(c3, 1), d3 = c2 ^ Rotate(c4, 1), d4 = c3 ^ Rotate(c0, 1);

            // Rho and pi: lanes are rotated and change places.
            ulong b0 = a0 ^ d0, b1 = Rotate(a6 ^ d1, 44), b2 = Rotate(a12 ^ d2, 43);
            ulong b3 = Rotate(a18 ^ d3, 21), b4 = Rotate(a24 ^ d4, 14);
            ulong b5 = Rotate(a3 ^ d3, 28), b6 = Rotate(a9 ^ d4, 20), b7 = Rotate(a10 ^ d0, 3);
            ulong b8 = Rotate(a16 ^ d1, 45), b9 = Rotate(a22 ^ d2, 61);
            ulong b10 = Rotate(a1 ^ d1, 1), b11 = Rotate(a7 ^ d2, 6), b12 = Rotate(a13 ^ d3, 25);
            ulong b13 = Rotate(a19 ^ d4, 8), b14 = Rotate(a20 ^ d0, 18);
            ulong b15 = Rotate(a4 ^ d4, 27), b16 = Rotate(a5 ^ d0, 36), b17 = Rotate(a11 ^ d1, 10);
            ulong b18 = Rotate(a17 ^ d2, 15), b19 = Rotate(a23 ^ d3, 56);
            ulong b20 = Rotate(a2 ^ d2, 62), b21 = Rotate(a8 ^ d3, 55), b22 = Rotate(a14 ^ d4, 39);
            ulong b23 = Rotate(a15 ^ d0, 41), b24 = Rotate(a21 ^ d1, 2);

            // Chi: the only step that is not linear; iota: the round constant.
            (a0, a1, a2, a3, a4) =
                (b0 ^ (~b1 & b2), b1 ^ (~b2 & b3), b2 ^ (~b3 & b4),
                 b3 ^ (~b4 & b0), b4 ^ (~b0 & b1));
            (a5, a6, a7, a8, a9) =
                (b5 ^ (~b6 & b7), b6 ^ (~b7 & b8), b7 ^ (~b8 & b9),
                 b8 ^ (~b9 & b5), b9 ^ (~b5 & b6));
            (a10, a11, a12, a13, a14) =
                (b10 ^ (~b11 & b12), b11 ^ (~b12 & b13), b12 ^ (~b13 & b14),
                 b13 ^ (~b14 & b10), b14 ^ (~b10 & b11));
            (a15, a16, a17, a18, a19) =
                (b15 ^ (~b16 & b17), b16 ^ (~b17 & b18), b17 ^ (~b18 & b19),
                 b18 ^ (~b19 & b15), b19 ^ (~b15 & b16));
            (a20, a21, a22, a23, a24) =
                (b20 ^ (~b21 & b22), b21 ^ (~b22 & b23), b22 ^ (~b23 & b24),
                 b23 ^ (~b24 & b20), b24 ^ (~b20 & b21));
            a0 ^= RoundConstants[round];
        }

        (state[0], state[1], state[2], state[3], state[4]) = (a0, a1, a2, a3, a4);
        (state[5], state[6], state[7], state[8], state[9]) = (a5, a6, a7, a8, a9);
        (state[10], state[11], state[12], state[13], state[14]) = (a10, a11, a12, a13, a14);
        (state[15], state[16], state[17], state[18], state[19]) = (a15, a16, a17, a18, a19);
        (state[20], state[21], state[22], state[23], state[24]) = (a20, a21, a22, a23, a24);
    }

    private static ulong Rotate(ulong lane, int by) => BitOperations.RotateLeft(lane, by);
}
