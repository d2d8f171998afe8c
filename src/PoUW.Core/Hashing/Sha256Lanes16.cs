using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Core.Hashing;

/// <summary>SHA-256 of 16 padded messages in the lanes of 512-bit vectors (AVX-512 F and BW).</summary>
internal static class Sha256Lanes16
{
    private const int Lanes = 16;

    /// <summary>Hashes 16 slots and writes the first <paramref name="count"/> digests; the caller has checked the lengths.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(ReadOnlySpan<byte> slots, int slotBytes, int count, Span<byte> digests)
    {
        Span<uint> stateSpan = stackalloc uint[Lanes * Lanes];
        Span<uint> wordSpan = stackalloc uint[Lanes * Lanes];
        ref uint state = ref MemoryMarshal.GetReference(stateSpan);
        ref uint words = ref MemoryMarshal.GetReference(wordSpan);
        for (int i = 0; i < Sha256Batch.InitialState.Length; i++)
        {
            Vector512.Create(Sha256Batch.InitialState[i]).StoreUnsafe(ref state, (nuint)(i * Lanes));
        }

        ref byte source = ref MemoryMarshal.GetReference(slots);
        for (int block = 0; block < slotBytes; block += Sha256Batch.BlockBytes)
        {
            Transpose(ref Unsafe.As<byte, uint>(ref Unsafe.Add(ref source, block)), (nuint)slotBytes / sizeof(uint), ref words);
            SwapBytes(ref words);
            Compress(ref state, ref words);
        }

        // Transposed back, every row holds a digest and eight unused words.
        Transpose(ref state, Lanes, ref words);
        for (int lane = 0; lane < count; lane++)
        {
            for (int word = 0; word < 8; word++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(digests[((lane * 32) + (word * 4))..], wordSpan[(lane * Lanes) + word]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SwapBytes(ref uint words)
    {
        var mask = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        Vector512<byte> swap = Vector512.Create(Vector256.Create(mask, mask), Vector256.Create(mask, mask));
        for (nuint i = 0; i < Lanes * Lanes; i += Lanes)
        {
            Avx512BW.Shuffle(Vector512.LoadUnsafe(ref words, i).AsByte(), swap).AsUInt32().StoreUnsafe(ref words, i);
        }
    }

    // Sums are modulo 2^32; vector arithmetic is never checked.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(ref uint state, ref uint w)
    {
        Vector512<uint> a = Vector512.LoadUnsafe(ref state), b = Vector512.LoadUnsafe(ref state, 16);
        Vector512<uint> c = Vector512.LoadUnsafe(ref state, 32), d = Vector512.LoadUnsafe(ref state, 48);
        Vector512<uint> e = Vector512.LoadUnsafe(ref state, 64), f = Vector512.LoadUnsafe(ref state, 80);
        Vector512<uint> g = Vector512.LoadUnsafe(ref state, 96), h = Vector512.LoadUnsafe(ref state, 112);
        ref uint k = ref MemoryMarshal.GetReference(Sha256Batch.RoundConstants);
        for (nuint i = 0; i < 64; i += 16)
        {
            for (nuint j = 0; j < 16; j += 8)
            {
                Round(a, b, c, ref d, e, f, g, ref h, Input(ref w, j, ref k, i + j));
                Round(h, a, b, ref c, d, e, f, ref g, Input(ref w, j + 1, ref k, i + j + 1));
                Round(g, h, a, ref b, c, d, e, ref f, Input(ref w, j + 2, ref k, i + j + 2));
                Round(f, g, h, ref a, b, c, d, ref e, Input(ref w, j + 3, ref k, i + j + 3));
                Round(e, f, g, ref h, a, b, c, ref d, Input(ref w, j + 4, ref k, i + j + 4));
                Round(d, e, f, ref g, h, a, b, ref c, Input(ref w, j + 5, ref k, i + j + 5));
                Round(c, d, e, ref f, g, h, a, ref b, Input(ref w, j + 6, ref k, i + j + 6));
                Round(b, c, d, ref e, f, g, h, ref a, Input(ref w, j + 7, ref k, i + j + 7));
            }

            if (i < 48)
            {
                Extend(ref w);
            }
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
    private static Vector512<uint> Input(ref uint w, nuint word, ref uint k, nuint round) =>
        Vector512.LoadUnsafe(ref w, unchecked(word * Lanes)) + Vector512.Create(Unsafe.Add(ref k, round));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref uint state, nuint at, Vector512<uint> value) =>
        (Vector512.LoadUnsafe(ref state, at) + value).StoreUnsafe(ref state, at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Extend(ref uint w)
    {
        for (nuint j = 0; j < 16; j++)
        {
            unchecked
            {
                Vector512<uint> x = Vector512.LoadUnsafe(ref w, ((j + 1) & 15) * Lanes);
                Vector512<uint> y = Vector512.LoadUnsafe(ref w, ((j + 14) & 15) * Lanes);
                Vector512<uint> s0 = Xor3(Avx512F.RotateRight(x, 7), Avx512F.RotateRight(x, 18), Vector512.ShiftRightLogical(x, 3));
                Vector512<uint> s1 = Xor3(Avx512F.RotateRight(y, 17), Avx512F.RotateRight(y, 19), Vector512.ShiftRightLogical(y, 10));
                Vector512<uint> sum = Vector512.LoadUnsafe(ref w, j * Lanes) + s0 + Vector512.LoadUnsafe(ref w, ((j + 9) & 15) * Lanes) + s1;
                sum.StoreUnsafe(ref w, j * Lanes);
            }
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

    // 16 rows that lie a stride apart become 16 columns of 16 words, one after the other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(ref uint source, nuint stride, ref uint destination)
    {
        Span<uint> pairSpan = stackalloc uint[Lanes * Lanes];
        ref uint pairs = ref MemoryMarshal.GetReference(pairSpan);
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

        // Lane L of row 4i + c now holds rows 4i..4i+3 of column 4L + c.
        for (nuint c = 0; c < 64; c += Lanes)
        {
            Vector512<uint> p0 = Vector512.LoadUnsafe(ref pairs, c), p1 = Vector512.LoadUnsafe(ref pairs, c + 64);
            Vector512<uint> p2 = Vector512.LoadUnsafe(ref pairs, c + 128), p3 = Vector512.LoadUnsafe(ref pairs, c + 192);
            Vector512<uint> even0 = Avx512F.Shuffle4x128(p0, p1, 0x88), even1 = Avx512F.Shuffle4x128(p2, p3, 0x88);
            Vector512<uint> odd0 = Avx512F.Shuffle4x128(p0, p1, 0xdd), odd1 = Avx512F.Shuffle4x128(p2, p3, 0xdd);
            Avx512F.Shuffle4x128(even0, even1, 0x88).StoreUnsafe(ref destination, c);
            Avx512F.Shuffle4x128(odd0, odd1, 0x88).StoreUnsafe(ref destination, c + 64);
            Avx512F.Shuffle4x128(even0, even1, 0xdd).StoreUnsafe(ref destination, c + 128);
            Avx512F.Shuffle4x128(odd0, odd1, 0xdd).StoreUnsafe(ref destination, c + 192);
        }
    }
}
