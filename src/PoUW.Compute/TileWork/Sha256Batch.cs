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

    // All 24 vectors of a block stay in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Vector512<uint>* state, Vector512<uint>* words)
    {
        Vector512<uint> w0 = Swap(words[0]), w1 = Swap(words[1]), w2 = Swap(words[2]), w3 = Swap(words[3]);
        Vector512<uint> w4 = Swap(words[4]), w5 = Swap(words[5]), w6 = Swap(words[6]), w7 = Swap(words[7]);
        Vector512<uint> w8 = Swap(words[8]), w9 = Swap(words[9]), w10 = Swap(words[10]), w11 = Swap(words[11]);
        Vector512<uint> w12 = Swap(words[12]), w13 = Swap(words[13]), w14 = Swap(words[14]), w15 = Swap(words[15]);
        Vector512<uint> a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
        fixed (uint* constants = RoundConstants)
        {
            // The schedule is extended between the rounds, whose long chain leaves room for it; what the last rounds extend is not used.
            for (uint* k = constants; k < constants + 64; k += 16)
            {
                Round(a, b, c, ref d, e, f, g, ref h, w0 + Vector512.Create(k[0]));
                w0 = Extend(w0, w1, w9, w14);
                Round(h, a, b, ref c, d, e, f, ref g, w1 + Vector512.Create(k[1]));
                w1 = Extend(w1, w2, w10, w15);
                Round(g, h, a, ref b, c, d, e, ref f, w2 + Vector512.Create(k[2]));
                w2 = Extend(w2, w3, w11, w0);
                Round(f, g, h, ref a, b, c, d, ref e, w3 + Vector512.Create(k[3]));
                w3 = Extend(w3, w4, w12, w1);
                Round(e, f, g, ref h, a, b, c, ref d, w4 + Vector512.Create(k[4]));
                w4 = Extend(w4, w5, w13, w2);
                Round(d, e, f, ref g, h, a, b, ref c, w5 + Vector512.Create(k[5]));
                w5 = Extend(w5, w6, w14, w3);
                Round(c, d, e, ref f, g, h, a, ref b, w6 + Vector512.Create(k[6]));
                w6 = Extend(w6, w7, w15, w4);
                Round(b, c, d, ref e, f, g, h, ref a, w7 + Vector512.Create(k[7]));
                w7 = Extend(w7, w8, w0, w5);
                Round(a, b, c, ref d, e, f, g, ref h, w8 + Vector512.Create(k[8]));
                w8 = Extend(w8, w9, w1, w6);
                Round(h, a, b, ref c, d, e, f, ref g, w9 + Vector512.Create(k[9]));
                w9 = Extend(w9, w10, w2, w7);
                Round(g, h, a, ref b, c, d, e, ref f, w10 + Vector512.Create(k[10]));
                w10 = Extend(w10, w11, w3, w8);
                Round(f, g, h, ref a, b, c, d, ref e, w11 + Vector512.Create(k[11]));
                w11 = Extend(w11, w12, w4, w9);
                Round(e, f, g, ref h, a, b, c, ref d, w12 + Vector512.Create(k[12]));
                w12 = Extend(w12, w13, w5, w10);
                Round(d, e, f, ref g, h, a, b, ref c, w13 + Vector512.Create(k[13]));
                w13 = Extend(w13, w14, w6, w11);
                Round(c, d, e, ref f, g, h, a, ref b, w14 + Vector512.Create(k[14]));
                w14 = Extend(w14, w15, w7, w12);
                Round(b, c, d, ref e, f, g, h, ref a, w15 + Vector512.Create(k[15]));
                w15 = Extend(w15, w0, w8, w13);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Swap(Vector512<uint> words)
    {
        Vector128<byte> order = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        return Avx512BW.Shuffle(words.AsByte(), Vector512.Create(Vector256.Create(order, order), Vector256.Create(order, order))).AsUInt32();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Extend(Vector512<uint> w0, Vector512<uint> w1, Vector512<uint> w9, Vector512<uint> w14)
    {
        Vector512<uint> s0 = Xor3(Avx512F.RotateRight(w1, 7), Avx512F.RotateRight(w1, 18), Vector512.ShiftRightLogical(w1, 3));
        Vector512<uint> s1 = Xor3(Avx512F.RotateRight(w14, 17), Avx512F.RotateRight(w14, 19), Vector512.ShiftRightLogical(w14, 10));
        return (w0 + w9) + (s0 + s1);
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
        // The chain from e to the next e is what takes the time, so all that does not need e is added first.
        Vector512<uint> early = h + input;
        Vector512<uint> s0 = Xor3(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22));
        Vector512<uint> majority = s0 + Avx512F.TernaryLogic(a, b, c, 0xe8);
        Vector512<uint> s1 = Xor3(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25));
        Vector512<uint> t1 = s1 + (early + Avx512F.TernaryLogic(e, f, g, 0xca));
        d += t1;
        h = t1 + majority;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Xor3(Vector512<uint> x, Vector512<uint> y, Vector512<uint> z) => Avx512F.TernaryLogic(x, y, z, 0x96);
}
