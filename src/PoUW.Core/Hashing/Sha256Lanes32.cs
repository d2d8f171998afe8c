using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Core.Hashing;

/// <summary>
/// SHA-256 of 32 padded messages (AVX-512 F and BW): two batches of 16 lanes whose rounds alternate, so that one computes while the other
/// waits for its sums. The chain of a single batch leaves half of the processor idle.
/// </summary>
internal static class Sha256Lanes32
{
    /// <summary>Messages a batch.</summary>
    public const int Lanes = 32;

    // Words of 16 vectors: the schedule of a half, and its state, of which eight vectors are used.
    private const int Half = 16 * Sha256Lanes16.Lanes;

    /// <summary>Hashes 32 slots and writes the first <paramref name="count"/> digests; the caller has checked the lengths.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(ReadOnlySpan<byte> slots, int slotBytes, int count, Span<byte> digests)
    {
        Span<uint> stateSpan = stackalloc uint[2 * Half];
        Span<uint> wordSpan = stackalloc uint[2 * Half];
        Span<uint> pairSpan = stackalloc uint[Half];
        ref uint state = ref MemoryMarshal.GetReference(stateSpan);
        ref uint words = ref MemoryMarshal.GetReference(wordSpan);
        ref uint pairs = ref MemoryMarshal.GetReference(pairSpan);
        Sha256Lanes16.Initialize(ref state);
        Sha256Lanes16.Initialize(ref Unsafe.Add(ref state, Half));
        ref byte first = ref MemoryMarshal.GetReference(slots);
        ref byte second = ref Unsafe.Add(ref first, slotBytes * Sha256Lanes16.Lanes);
        nuint stride = (nuint)slotBytes / sizeof(uint);
        for (int block = 0; block < slotBytes; block += Sha256Batch.BlockBytes)
        {
            Sha256Lanes16.Transpose(ref Unsafe.As<byte, uint>(ref Unsafe.Add(ref first, block)), stride, ref words, ref pairs);
            Sha256Lanes16.Transpose(ref Unsafe.As<byte, uint>(ref Unsafe.Add(ref second, block)), stride, ref Unsafe.Add(ref words, Half), ref pairs);
            Compress(ref state, ref words);
        }

        const int half = Sha256Lanes16.Lanes;
        Sha256Lanes16.Write(ref state, ref words, ref pairs, Math.Min(count, half), digests);
        if (count > half)
        {
            Sha256Lanes16.Write(ref Unsafe.Add(ref state, Half), ref words, ref pairs, count - half, digests[(half * Sha256Batch.DigestBytes)..]);
        }
    }

    // The state is in registers, the schedule in memory: both together are more than there are registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(ref uint state, ref uint words)
    {
        ref uint other = ref Unsafe.Add(ref state, Half);
        Vector512<uint> a = Vector512.LoadUnsafe(ref state), b = Vector512.LoadUnsafe(ref state, 16);
        Vector512<uint> c = Vector512.LoadUnsafe(ref state, 32), d = Vector512.LoadUnsafe(ref state, 48);
        Vector512<uint> e = Vector512.LoadUnsafe(ref state, 64), f = Vector512.LoadUnsafe(ref state, 80);
        Vector512<uint> g = Vector512.LoadUnsafe(ref state, 96), h = Vector512.LoadUnsafe(ref state, 112);
        Vector512<uint> p = Vector512.LoadUnsafe(ref other), q = Vector512.LoadUnsafe(ref other, 16);
        Vector512<uint> r = Vector512.LoadUnsafe(ref other, 32), s = Vector512.LoadUnsafe(ref other, 48);
        Vector512<uint> t = Vector512.LoadUnsafe(ref other, 64), u = Vector512.LoadUnsafe(ref other, 80);
        Vector512<uint> v = Vector512.LoadUnsafe(ref other, 96), w = Vector512.LoadUnsafe(ref other, 112);
        ref uint k = ref MemoryMarshal.GetReference(Sha256Batch.RoundConstants);

        // Eight words of each half's schedule, and the next eight.
        ref uint x = ref words;
        ref uint nextX = ref Unsafe.Add(ref x, Half / 2);
        ref uint y = ref Unsafe.Add(ref words, Half);
        ref uint nextY = ref Unsafe.Add(ref y, Half / 2);
        Vector512<uint> xe = Vector512.LoadUnsafe(ref nextX, 6 * 16), xo = Vector512.LoadUnsafe(ref nextX, 7 * 16);
        Vector512<uint> ye = Vector512.LoadUnsafe(ref nextY, 6 * 16), yo = Vector512.LoadUnsafe(ref nextY, 7 * 16);

        // The schedule is extended between the rounds, each word in the place of the one sixteen before it.
        for (int i = 0; i < 48; i += 8)
        {
            Round(a, b, c, ref d, e, f, g, ref h, Input(ref x, 0, ref k));
            xe = Extend(ref x, ref nextX, 0, xe);
            Round(p, q, r, ref s, t, u, v, ref w, Input(ref y, 0, ref k));
            ye = Extend(ref y, ref nextY, 0, ye);
            Round(h, a, b, ref c, d, e, f, ref g, Input(ref x, 1, ref k));
            xo = Extend(ref x, ref nextX, 1, xo);
            Round(w, p, q, ref r, s, t, u, ref v, Input(ref y, 1, ref k));
            yo = Extend(ref y, ref nextY, 1, yo);
            Round(g, h, a, ref b, c, d, e, ref f, Input(ref x, 2, ref k));
            xe = Extend(ref x, ref nextX, 2, xe);
            Round(v, w, p, ref q, r, s, t, ref u, Input(ref y, 2, ref k));
            ye = Extend(ref y, ref nextY, 2, ye);
            Round(f, g, h, ref a, b, c, d, ref e, Input(ref x, 3, ref k));
            xo = Extend(ref x, ref nextX, 3, xo);
            Round(u, v, w, ref p, q, r, s, ref t, Input(ref y, 3, ref k));
            yo = Extend(ref y, ref nextY, 3, yo);
            Round(e, f, g, ref h, a, b, c, ref d, Input(ref x, 4, ref k));
            xe = Extend(ref x, ref nextX, 4, xe);
            Round(t, u, v, ref w, p, q, r, ref s, Input(ref y, 4, ref k));
            ye = Extend(ref y, ref nextY, 4, ye);
            Round(d, e, f, ref g, h, a, b, ref c, Input(ref x, 5, ref k));
            xo = Extend(ref x, ref nextX, 5, xo);
            Round(s, t, u, ref v, w, p, q, ref r, Input(ref y, 5, ref k));
            yo = Extend(ref y, ref nextY, 5, yo);
            Round(c, d, e, ref f, g, h, a, ref b, Input(ref x, 6, ref k));
            xe = Extend(ref x, ref nextX, 6, xe);
            Round(r, s, t, ref u, v, w, p, ref q, Input(ref y, 6, ref k));
            ye = Extend(ref y, ref nextY, 6, ye);
            Round(b, c, d, ref e, f, g, h, ref a, Input(ref x, 7, ref k));
            xo = Extend(ref x, ref nextX, 7, xo);
            Round(q, r, s, ref t, u, v, w, ref p, Input(ref y, 7, ref k));
            yo = Extend(ref y, ref nextY, 7, yo);
            ref uint lastX = ref x;
            ref uint lastY = ref y;
            x = ref nextX;
            y = ref nextY;
            nextX = ref lastX;
            nextY = ref lastY;
            k = ref Unsafe.Add(ref k, 8);
        }

        for (int i = 48; i < 64; i += 8)
        {
            Round(a, b, c, ref d, e, f, g, ref h, Input(ref x, 0, ref k));
            Round(p, q, r, ref s, t, u, v, ref w, Input(ref y, 0, ref k));
            Round(h, a, b, ref c, d, e, f, ref g, Input(ref x, 1, ref k));
            Round(w, p, q, ref r, s, t, u, ref v, Input(ref y, 1, ref k));
            Round(g, h, a, ref b, c, d, e, ref f, Input(ref x, 2, ref k));
            Round(v, w, p, ref q, r, s, t, ref u, Input(ref y, 2, ref k));
            Round(f, g, h, ref a, b, c, d, ref e, Input(ref x, 3, ref k));
            Round(u, v, w, ref p, q, r, s, ref t, Input(ref y, 3, ref k));
            Round(e, f, g, ref h, a, b, c, ref d, Input(ref x, 4, ref k));
            Round(t, u, v, ref w, p, q, r, ref s, Input(ref y, 4, ref k));
            Round(d, e, f, ref g, h, a, b, ref c, Input(ref x, 5, ref k));
            Round(s, t, u, ref v, w, p, q, ref r, Input(ref y, 5, ref k));
            Round(c, d, e, ref f, g, h, a, ref b, Input(ref x, 6, ref k));
            Round(r, s, t, ref u, v, w, p, ref q, Input(ref y, 6, ref k));
            Round(b, c, d, ref e, f, g, h, ref a, Input(ref x, 7, ref k));
            Round(q, r, s, ref t, u, v, w, ref p, Input(ref y, 7, ref k));
            x = ref nextX;
            y = ref nextY;
            k = ref Unsafe.Add(ref k, 8);
        }

        Sha256Lanes16.Add(ref state, 0, a);
        Sha256Lanes16.Add(ref state, 16, b);
        Sha256Lanes16.Add(ref state, 32, c);
        Sha256Lanes16.Add(ref state, 48, d);
        Sha256Lanes16.Add(ref state, 64, e);
        Sha256Lanes16.Add(ref state, 80, f);
        Sha256Lanes16.Add(ref state, 96, g);
        Sha256Lanes16.Add(ref state, 112, h);
        Sha256Lanes16.Add(ref other, 0, p);
        Sha256Lanes16.Add(ref other, 16, q);
        Sha256Lanes16.Add(ref other, 32, r);
        Sha256Lanes16.Add(ref other, 48, s);
        Sha256Lanes16.Add(ref other, 64, t);
        Sha256Lanes16.Add(ref other, 80, u);
        Sha256Lanes16.Add(ref other, 96, v);
        Sha256Lanes16.Add(ref other, 112, w);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Input(ref uint words, nuint round, ref uint k) =>
        Load(ref words, round) + Vector512.Create(Unsafe.Add(ref k, round));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Extend(ref uint words, ref uint next, nuint at, Vector512<uint> w14)
    {
        Vector512<uint> w1 = at < 7 ? Load(ref words, at + 1) : Load(ref next, 0);
        Vector512<uint> w9 = at < 7 ? Load(ref next, at + 1) : Load(ref words, 0);
        Vector512<uint> w16 = Sha256Lanes16.Extend(Load(ref words, at), w1, w9, w14);
        w16.StoreUnsafe(ref words, unchecked(at * Sha256Lanes16.Lanes));
        return w16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Load(ref uint words, nuint index) => Vector512.LoadUnsafe(ref words, unchecked(index * Sha256Lanes16.Lanes));

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
        // The fewest sums: the other half fills the waits.
        Vector512<uint> early = h + input;
        Vector512<uint> s1 = Sha256Lanes16.Xor3(Avx512F.RotateRight(e, 6), Avx512F.RotateRight(e, 11), Avx512F.RotateRight(e, 25));
        Vector512<uint> t1 = s1 + (early + Avx512F.TernaryLogic(e, f, g, 0xca));
        Vector512<uint> s0 = Sha256Lanes16.Xor3(Avx512F.RotateRight(a, 2), Avx512F.RotateRight(a, 13), Avx512F.RotateRight(a, 22));
        d += t1;
        h = t1 + (s0 + Avx512F.TernaryLogic(a, b, c, 0xe8));
    }
}
