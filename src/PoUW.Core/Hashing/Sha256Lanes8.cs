using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Core.Hashing;

/// <summary>SHA-256 of 8 padded messages in the lanes of 256-bit vectors (AVX2).</summary>
internal static class Sha256Lanes8
{
    /// <summary>Messages at once.</summary>
    public const int Lanes = 8;

    /// <summary>Hashes 8 slots and writes the first <paramref name="count"/> digests; the caller has checked the lengths.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(ReadOnlySpan<byte> slots, int slotBytes, int count, Span<byte> digests)
    {
        Span<uint> stateSpan = stackalloc uint[8 * Lanes];
        Span<uint> wordSpan = stackalloc uint[16 * Lanes];
        ref uint state = ref MemoryMarshal.GetReference(stateSpan);
        ref uint words = ref MemoryMarshal.GetReference(wordSpan);
        for (int i = 0; i < Sha256Batch.InitialState.Length; i++)
        {
            Vector256.Create(Sha256Batch.InitialState[i]).StoreUnsafe(ref state, (nuint)(i * Lanes));
        }

        ref byte source = ref MemoryMarshal.GetReference(slots);
        for (int block = 0; block < slotBytes; block += Sha256Batch.BlockBytes)
        {
            ref uint rows = ref Unsafe.As<byte, uint>(ref Unsafe.Add(ref source, block));
            Transpose(ref rows, (nuint)slotBytes / sizeof(uint), ref words);
            Transpose(ref Unsafe.Add(ref rows, 8), (nuint)slotBytes / sizeof(uint), ref Unsafe.Add(ref words, 8 * Lanes));
            SwapBytes(ref words);
            Compress(ref state, ref words);
        }

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
        Vector256<byte> swap = Vector256.Create(mask, mask);
        for (nuint i = 0; i < 16 * Lanes; i += Lanes)
        {
            Avx2.Shuffle(Vector256.LoadUnsafe(ref words, i).AsByte(), swap).AsUInt32().StoreUnsafe(ref words, i);
        }
    }

    // Sums are modulo 2^32; vector arithmetic is never checked.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(ref uint state, ref uint w)
    {
        Vector256<uint> a = Vector256.LoadUnsafe(ref state), b = Vector256.LoadUnsafe(ref state, 8);
        Vector256<uint> c = Vector256.LoadUnsafe(ref state, 16), d = Vector256.LoadUnsafe(ref state, 24);
        Vector256<uint> e = Vector256.LoadUnsafe(ref state, 32), f = Vector256.LoadUnsafe(ref state, 40);
        Vector256<uint> g = Vector256.LoadUnsafe(ref state, 48), h = Vector256.LoadUnsafe(ref state, 56);
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
        Add(ref state, 8, b);
        Add(ref state, 16, c);
        Add(ref state, 24, d);
        Add(ref state, 32, e);
        Add(ref state, 40, f);
        Add(ref state, 48, g);
        Add(ref state, 56, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Input(ref uint w, nuint word, ref uint k, nuint round) =>
        Vector256.LoadUnsafe(ref w, unchecked(word * Lanes)) + Vector256.Create(Unsafe.Add(ref k, round));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref uint state, nuint at, Vector256<uint> value) =>
        (Vector256.LoadUnsafe(ref state, at) + value).StoreUnsafe(ref state, at);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Extend(ref uint w)
    {
        for (nuint j = 0; j < 16; j++)
        {
            unchecked
            {
                Vector256<uint> x = Vector256.LoadUnsafe(ref w, ((j + 1) & 15) * Lanes);
                Vector256<uint> y = Vector256.LoadUnsafe(ref w, ((j + 14) & 15) * Lanes);
                Vector256<uint> s0 = Rotate(x, 7) ^ Rotate(x, 18) ^ Vector256.ShiftRightLogical(x, 3);
                Vector256<uint> s1 = Rotate(y, 17) ^ Rotate(y, 19) ^ Vector256.ShiftRightLogical(y, 10);
                Vector256<uint> sum = Vector256.LoadUnsafe(ref w, j * Lanes) + s0 + Vector256.LoadUnsafe(ref w, ((j + 9) & 15) * Lanes) + s1;
                sum.StoreUnsafe(ref w, j * Lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        Vector256<uint> a,
        Vector256<uint> b,
        Vector256<uint> c,
        ref Vector256<uint> d,
        Vector256<uint> e,
        Vector256<uint> f,
        Vector256<uint> g,
        ref Vector256<uint> h,
        Vector256<uint> input)
    {
        Vector256<uint> t1 = h + (Rotate(e, 6) ^ Rotate(e, 11) ^ Rotate(e, 25)) + (g ^ (e & (f ^ g))) + input;
        d += t1;
        h = t1 + (Rotate(a, 2) ^ Rotate(a, 13) ^ Rotate(a, 22)) + ((a & b) | (c & (a | b)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rotate(Vector256<uint> x, int right) =>
        Vector256.ShiftRightLogical(x, right) | Vector256.ShiftLeft(x, 32 - right);

    // 8 rows that lie a stride apart become 8 columns of 8 words, one after the other.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Transpose(ref uint source, nuint stride, ref uint destination)
    {
        Span<uint> pairSpan = stackalloc uint[8 * Lanes];
        ref uint pairs = ref MemoryMarshal.GetReference(pairSpan);
        for (nuint i = 0; i < 8; i += 4)
        {
            unchecked
            {
                Vector256<uint> r0 = Vector256.LoadUnsafe(ref source, i * stride);
                Vector256<uint> r1 = Vector256.LoadUnsafe(ref source, (i + 1) * stride);
                Vector256<uint> r2 = Vector256.LoadUnsafe(ref source, (i + 2) * stride);
                Vector256<uint> r3 = Vector256.LoadUnsafe(ref source, (i + 3) * stride);
                Vector256<ulong> low01 = Avx2.UnpackLow(r0, r1).AsUInt64(), high01 = Avx2.UnpackHigh(r0, r1).AsUInt64();
                Vector256<ulong> low23 = Avx2.UnpackLow(r2, r3).AsUInt64(), high23 = Avx2.UnpackHigh(r2, r3).AsUInt64();
                Avx2.UnpackLow(low01, low23).AsUInt32().StoreUnsafe(ref pairs, i * Lanes);
                Avx2.UnpackHigh(low01, low23).AsUInt32().StoreUnsafe(ref pairs, (i + 1) * Lanes);
                Avx2.UnpackLow(high01, high23).AsUInt32().StoreUnsafe(ref pairs, (i + 2) * Lanes);
                Avx2.UnpackHigh(high01, high23).AsUInt32().StoreUnsafe(ref pairs, (i + 3) * Lanes);
            }
        }

        // Lane L of row 4i + c now holds rows 4i..4i+3 of column 4L + c.
        for (nuint c = 0; c < 32; c += Lanes)
        {
            Vector256<uint> p0 = Vector256.LoadUnsafe(ref pairs, c), p1 = Vector256.LoadUnsafe(ref pairs, c + 32);
            Avx2.Permute2x128(p0, p1, 0x20).StoreUnsafe(ref destination, c);
            Avx2.Permute2x128(p0, p1, 0x31).StoreUnsafe(ref destination, c + 32);
        }
    }
}
