using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Core.Hashing;

/// <summary>SHA-256 of 16 padded messages in the lanes of 512-bit vectors (AVX-512 F and BW).</summary>
internal static class Sha256Lanes16
{
    /// <summary>Messages a batch.</summary>
    public const int Lanes = 16;

    /// <summary>Hashes 16 slots and writes the first <paramref name="count"/> digests; the caller has checked the lengths.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(ReadOnlySpan<byte> slots, int slotBytes, int count, Span<byte> digests)
    {
        Span<uint> stateSpan = stackalloc uint[Lanes * Lanes];
        Span<uint> wordSpan = stackalloc uint[Lanes * Lanes];
        Span<uint> pairSpan = stackalloc uint[Lanes * Lanes];
        ref uint state = ref MemoryMarshal.GetReference(stateSpan);
        ref uint words = ref MemoryMarshal.GetReference(wordSpan);
        ref uint pairs = ref MemoryMarshal.GetReference(pairSpan);
        Initialize(ref state);
        ref byte source = ref MemoryMarshal.GetReference(slots);
        for (int block = 0; block < slotBytes; block += Sha256Batch.BlockBytes)
        {
            Transpose(ref Unsafe.As<byte, uint>(ref Unsafe.Add(ref source, block)), (nuint)slotBytes / sizeof(uint), ref words, ref pairs);
            Compress(ref state, ref words);
        }

        Write(ref state, ref words, ref pairs, count, digests);
    }

    /// <summary>Sets the initial state of 16 lanes, a vector a word.</summary>
    public static void Initialize(ref uint state)
    {
        for (int i = 0; i < Sha256Batch.InitialState.Length; i++)
        {
            Vector512.Create(Sha256Batch.InitialState[i]).StoreUnsafe(ref state, (nuint)(i * Lanes));
        }
    }

    /// <summary>Writes the digests of the first lanes of a state of 16 vectors, of which eight count.</summary>
    public static void Write(ref uint state, ref uint scratch, ref uint pairs, int count, Span<byte> digests)
    {
        // Transposed back, every row holds a digest and eight unused words.
        Transpose(ref state, Lanes, ref scratch, ref pairs);
        for (int lane = 0; lane < count; lane++)
        {
            Vector256.LoadUnsafe(ref scratch, (nuint)(lane * Lanes)).AsByte().CopyTo(digests[(lane * Sha256Batch.DigestBytes)..]);
        }
    }

    // All 24 vectors of a block stay in registers. Sums are modulo 2^32; vector arithmetic is never checked.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(ref uint state, ref uint words)
    {
        Vector512<uint> w0 = Word(ref words, 0), w1 = Word(ref words, 1), w2 = Word(ref words, 2), w3 = Word(ref words, 3);
        Vector512<uint> w4 = Word(ref words, 4), w5 = Word(ref words, 5), w6 = Word(ref words, 6), w7 = Word(ref words, 7);
        Vector512<uint> w8 = Word(ref words, 8), w9 = Word(ref words, 9), w10 = Word(ref words, 10), w11 = Word(ref words, 11);
        Vector512<uint> w12 = Word(ref words, 12), w13 = Word(ref words, 13), w14 = Word(ref words, 14), w15 = Word(ref words, 15);
        Vector512<uint> a = Vector512.LoadUnsafe(ref state), b = Vector512.LoadUnsafe(ref state, 16);
        Vector512<uint> c = Vector512.LoadUnsafe(ref state, 32), d = Vector512.LoadUnsafe(ref state, 48);
        Vector512<uint> e = Vector512.LoadUnsafe(ref state, 64), f = Vector512.LoadUnsafe(ref state, 80);
        Vector512<uint> g = Vector512.LoadUnsafe(ref state, 96), h = Vector512.LoadUnsafe(ref state, 112);
        ref uint k = ref MemoryMarshal.GetReference(Sha256Batch.RoundConstants);

        // The schedule is extended between the rounds, whose long chain leaves room for it; what the last rounds extend is not used.
        for (nuint i = 0; i < 64; i += 16)
        {
            Round(a, b, c, ref d, e, f, g, ref h, w0 + Constant(ref k, i));
            w0 = Extend(w0, w1, w9, w14);
            Round(h, a, b, ref c, d, e, f, ref g, w1 + Constant(ref k, i + 1));
            w1 = Extend(w1, w2, w10, w15);
            Round(g, h, a, ref b, c, d, e, ref f, w2 + Constant(ref k, i + 2));
            w2 = Extend(w2, w3, w11, w0);
            Round(f, g, h, ref a, b, c, d, ref e, w3 + Constant(ref k, i + 3));
            w3 = Extend(w3, w4, w12, w1);
            Round(e, f, g, ref h, a, b, c, ref d, w4 + Constant(ref k, i + 4));
            w4 = Extend(w4, w5, w13, w2);
            Round(d, e, f, ref g, h, a, b, ref c, w5 + Constant(ref k, i + 5));
            w5 = Extend(w5, w6, w14, w3);
            Round(c, d, e, ref f, g, h, a, ref b, w6 + Constant(ref k, i + 6));
            w6 = Extend(w6, w7, w15, w4);
            Round(b, c, d, ref e, f, g, h, ref a, w7 + Constant(ref k, i + 7));
            w7 = Extend(w7, w8, w0, w5);
            Round(a, b, c, ref d, e, f, g, ref h, w8 + Constant(ref k, i + 8));
            w8 = Extend(w8, w9, w1, w6);
            Round(h, a, b, ref c, d, e, f, ref g, w9 + Constant(ref k, i + 9));
            w9 = Extend(w9, w10, w2, w7);
            Round(g, h, a, ref b, c, d, e, ref f, w10 + Constant(ref k, i + 10));
            w10 = Extend(w10, w11, w3, w8);
            Round(f, g, h, ref a, b, c, d, ref e, w11 + Constant(ref k, i + 11));
            w11 = Extend(w11, w12, w4, w9);
            Round(e, f, g, ref h, a, b, c, ref d, w12 + Constant(ref k, i + 12));
            w12 = Extend(w12, w13, w5, w10);
            Round(d, e, f, ref g, h, a, b, ref c, w13 + Constant(ref k, i + 13));
            w13 = Extend(w13, w14, w6, w11);
            Round(c, d, e, ref f, g, h, a, ref b, w14 + Constant(ref k, i + 14));
            w14 = Extend(w14, w15, w7, w12);
            Round(b, c, d, ref e, f, g, h, ref a, w15 + Constant(ref k, i + 15));
            w15 = Extend(w15, w0, w8, w13);
        }

        Add(ref state, 0, a);
        Add(ref state, 16, b);
        Add(ref state, 32, c);
        Add(ref state, 48, d);
        Add(ref state, 64, e);
        Add(ref state, 80, f);
        Add(ref state, 96, g);
        Add(ref state, 112, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Word(ref uint words, nuint index) => Vector512.LoadUnsafe(ref words, unchecked(index * Lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Constant(ref uint k, nuint round) => Vector512.Create(Unsafe.Add(ref k, round));

    /// <summary>Adds a vector to one in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(ref uint state, nuint at, Vector512<uint> value) =>
        (Vector512.LoadUnsafe(ref state, at) + value).StoreUnsafe(ref state, at);

    /// <summary>The next word of the schedule.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Extend(Vector512<uint> w0, Vector512<uint> w1, Vector512<uint> w9, Vector512<uint> w14)
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
        // The chains from a to the next a and from e to the next e take the time: the last sum is the only one that waits for their rotations,
        // at the price of one sum more.
        Vector512<uint> early = h + input;
        Vector512<uint> choice = Avx512F.TernaryLogic(e, f, g, 0xca);
        Vector512<uint> majority = Avx512F.TernaryLogic(a, b, c, 0xe8);
        Vector512<uint> s0 = Xor3(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22));
        Vector512<uint> s1 = Xor3(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25));
        d = s1 + (choice + (d + early));
        h = s0 + (majority + (s1 + (choice + early)));
    }

    /// <summary>The xor of three vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Xor3(Vector512<uint> x, Vector512<uint> y, Vector512<uint> z) => Avx512F.TernaryLogic(x, y, z, 0x96);

    /// <summary>16 rows that lie a stride apart become 16 columns of 16 words, one after the other, with the bytes of every word reversed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(ref uint source, nuint stride, ref uint destination, ref uint pairs)
    {
        for (nuint i = 0; i < 16; i += 4)
        {
            unchecked
            {
                Vector512<uint> r0 = Vector512.LoadUnsafe(ref source, i * stride);
                Vector512<uint> r1 = Vector512.LoadUnsafe(ref source, (i + 1) * stride);
                Vector512<uint> r2 = Vector512.LoadUnsafe(ref source, (i + 2) * stride);
                Vector512<uint> r3 = Vector512.LoadUnsafe(ref source, (i + 3) * stride);
                Vector512<ulong> low01 = Avx512F.UnpackLow(r0, r1).AsUInt64();
                Vector512<ulong> high01 = Avx512F.UnpackHigh(r0, r1).AsUInt64();
                Vector512<ulong> low23 = Avx512F.UnpackLow(r2, r3).AsUInt64();
                Vector512<ulong> high23 = Avx512F.UnpackHigh(r2, r3).AsUInt64();
                Avx512F.UnpackLow(low01, low23).AsUInt32().StoreUnsafe(ref pairs, i * Lanes);
                Avx512F.UnpackHigh(low01, low23).AsUInt32().StoreUnsafe(ref pairs, (i + 1) * Lanes);
                Avx512F.UnpackLow(high01, high23).AsUInt32().StoreUnsafe(ref pairs, (i + 2) * Lanes);
                Avx512F.UnpackHigh(high01, high23).AsUInt32().StoreUnsafe(ref pairs, (i + 3) * Lanes);
            }
        }

        Vector128<byte> order = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        Vector512<byte> swap = Vector512.Create(Vector256.Create(order, order), Vector256.Create(order, order));

        // Lane L of row 4i + c now holds rows 4i..4i+3 of column 4L + c.
        for (nuint c = 0; c < 64; c += Lanes)
        {
            Vector512<uint> p0 = Vector512.LoadUnsafe(ref pairs, c), p1 = Vector512.LoadUnsafe(ref pairs, c + 64);
            Vector512<uint> p2 = Vector512.LoadUnsafe(ref pairs, c + 128), p3 = Vector512.LoadUnsafe(ref pairs, c + 192);
            Vector512<uint> even0 = Avx512F.Shuffle4x128(p0, p1, 0x88), even1 = Avx512F.Shuffle4x128(p2, p3, 0x88);
            Vector512<uint> odd0 = Avx512F.Shuffle4x128(p0, p1, 0xdd), odd1 = Avx512F.Shuffle4x128(p2, p3, 0xdd);
            Swap(Avx512F.Shuffle4x128(even0, even1, 0x88), swap).StoreUnsafe(ref destination, c);
            Swap(Avx512F.Shuffle4x128(odd0, odd1, 0x88), swap).StoreUnsafe(ref destination, c + 64);
            Swap(Avx512F.Shuffle4x128(even0, even1, 0xdd), swap).StoreUnsafe(ref destination, c + 128);
            Swap(Avx512F.Shuffle4x128(odd0, odd1, 0xdd), swap).StoreUnsafe(ref destination, c + 192);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Swap(Vector512<uint> words, Vector512<byte> order) => Avx512BW.Shuffle(words.AsByte(), order).AsUInt32();
}
