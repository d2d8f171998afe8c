using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace PoUW.Compute.TileWork;

/// <summary>
/// SHA-256 (FIPS 180-4) of up to 16 messages of one length at once, one message a vector lane; the platform's hash where the machine
/// lacks 512-bit vectors. Slots lie one after the other and include the padding of the message.
/// </summary>
internal static unsafe class Sha256Batch
{
    /// <summary>Messages a batch.</summary>
    public const int Lanes = 16;

    private const int BlockBytes = 64;

    // Fewer messages than this are faster one by one.
    private const int MinVectorMessages = 4;

    private static ReadOnlySpan<uint> RoundConstants =>
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

    /// <summary>Bytes of a slot for messages of a length.</summary>
    public static int SlotBytes(int messageBytes) => (messageBytes + 9 + BlockBytes - 1) / BlockBytes * BlockBytes;

    /// <summary>Writes the padding of a message into its slot.</summary>
    public static void WritePadding(Span<byte> slot, int messageBytes)
    {
        slot[messageBytes..].Clear();
        slot[messageBytes] = 0x80;
        BinaryPrimitives.WriteUInt64BigEndian(slot[^8..], (ulong)messageBytes * 8);
    }

    /// <summary>Hashes <paramref name="count"/> messages.</summary>
    /// <param name="slots">16 slots; the ones beyond the count may hold anything.</param>
    /// <param name="messageBytes">Bytes of every message.</param>
    /// <param name="count">1 to 16.</param>
    /// <param name="digests">Receives 32 bytes a message.</param>
    public static void Hash(ReadOnlySpan<byte> slots, int messageBytes, int count, Span<byte> digests)
    {
        int slotBytes = SlotBytes(messageBytes);
        if (count >= MinVectorMessages && Avx512F.IsSupported && Avx512BW.IsSupported)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(slots.Length, slotBytes * Lanes);
            ArgumentOutOfRangeException.ThrowIfLessThan(digests.Length, count * 32);
            fixed (byte* from = slots, to = digests)
            {
                HashVector(from, slotBytes, count, to);
            }

            return;
        }

        for (int i = 0; i < count; i++)
        {
            SHA256.HashData(slots.Slice(i * slotBytes, messageBytes), digests.Slice(i * 32, 32));
        }
    }

    private static void HashVector(byte* slots, int slotBytes, int count, byte* digests)
    {
        Vector512<uint>* state = stackalloc Vector512<uint>[16];
        Vector512<uint>* words = stackalloc Vector512<uint>[16];
        ReadOnlySpan<uint> initial =
        [
            0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
        ];
        for (int i = 0; i < 8; i++)
        {
            state[i] = Vector512.Create(initial[i]);
            state[i + 8] = Vector512<uint>.Zero;
        }

        for (int block = 0; block < slotBytes; block += BlockBytes)
        {
            WordTranspose.Run((uint*)(slots + block), slotBytes / sizeof(uint), (uint*)words);
            Compress(state, words);
        }

        // Transposed back, every row holds a digest and eight unused words.
        uint* rows = stackalloc uint[256];
        WordTranspose.Run((uint*)state, 16, rows);
        for (int lane = 0; lane < count; lane++)
        {
            for (int word = 0; word < 8; word++)
            {
                ((uint*)digests)[(lane * 8) + word] = BinaryPrimitives.ReverseEndianness(rows[(lane * 16) + word]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Vector512<uint>* state, Vector512<uint>* words)
    {
        Vector512<byte> swap = Vector512.Create(Vector256.Create(SwapMask(), SwapMask()), Vector256.Create(SwapMask(), SwapMask()));
        for (int i = 0; i < 16; i++)
        {
            words[i] = Avx512BW.Shuffle(words[i].AsByte(), swap).AsUInt32();
        }

        Vector512<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        fixed (uint* constants = RoundConstants)
        {
            for (int i = 0; i < 64; i += 16)
            {
                for (int j = 0; j < 16; j += 8)
                {
                    uint* k = constants + i + j;
                    Vector512<uint>* w = words + j;
                    Round(a, b, c, ref d, e, f, g, ref h, w[0] + Vector512.Create(k[0]));
                    Round(h, a, b, ref c, d, e, f, ref g, w[1] + Vector512.Create(k[1]));
                    Round(g, h, a, ref b, c, d, e, ref f, w[2] + Vector512.Create(k[2]));
                    Round(f, g, h, ref a, b, c, d, ref e, w[3] + Vector512.Create(k[3]));
                    Round(e, f, g, ref h, a, b, c, ref d, w[4] + Vector512.Create(k[4]));
                    Round(d, e, f, ref g, h, a, b, ref c, w[5] + Vector512.Create(k[5]));
                    Round(c, d, e, ref f, g, h, a, ref b, w[6] + Vector512.Create(k[6]));
                    Round(b, c, d, ref e, f, g, h, ref a, w[7] + Vector512.Create(k[7]));
                }

                if (i < 48)
                {
                    Extend(words);
                }
            }
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    private static Vector128<byte> SwapMask() => Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Extend(Vector512<uint>* w)
    {
        for (int j = 0; j < 16; j++)
        {
            Vector512<uint> x = w[(j + 1) & 15];
            Vector512<uint> y = w[(j + 14) & 15];
            Vector512<uint> s0 = Xor3(Avx512F.RotateRight(x, 7), Avx512F.RotateRight(x, 18), Vector512.ShiftRightLogical(x, 3));
            Vector512<uint> s1 = Xor3(Avx512F.RotateRight(y, 17), Avx512F.RotateRight(y, 19), Vector512.ShiftRightLogical(y, 10));
            w[j] = w[j] + s0 + w[(j + 9) & 15] + s1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        Vector512<uint> a,
        Vector512<uint> b,
        Vector512<uint> c,
        ref Vector512<uint> d,
        Vector512<uint> e,
        Vector512<uint> f,
        Vector512<uint> g,
        ref Vector512<uint> h,
        Vector512<uint> input)
    {
        Vector512<uint> s1 = Xor3(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25));
        Vector512<uint> choice = Avx512F.TernaryLogic(e, f, g, 0xca);
        Vector512<uint> t1 = h + s1 + choice + input;
        Vector512<uint> s0 = Xor3(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22));
        d += t1;
        h = t1 + s0 + Avx512F.TernaryLogic(a, b, c, 0xe8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Xor3(Vector512<uint> x, Vector512<uint> y, Vector512<uint> z) => Avx512F.TernaryLogic(x, y, z, 0x96);
}
