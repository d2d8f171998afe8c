using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Kernel on 16-bit products in 512 bits, for machines with AVX-512 BW but without AVX-VNNI. An accumulator holds two partial sums of 8
/// columns, which are joined at the snapshots.
/// </summary>
internal sealed unsafe class Avx512TileKernel : TileKernel
{
    private const int Rows = 4;
    private const int MaxLength = Core.Work.TileWorkParameters.SegmentLength;

    /// <summary>True if the machine can run it.</summary>
    public static bool IsSupported => Avx512BW.IsSupported;

    /// <inheritdoc/>
    public override byte BiasA => 0;

    /// <inheritdoc/>
    public override void Correct(sbyte* b, int length, int stride, int* corrections) =>
        new Span<int>(corrections, length / stride * GroupSize).Clear();

    /// <inheritdoc/>
    [SkipLocalsInit]
    public override void Segment(byte* a, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c, bool add)
    {
        short* wide = stackalloc short[GroupSize * MaxLength];
        Widen((sbyte*)a, GroupSize * length, wide);
        for (int row = 0; row < GroupSize; row += Rows)
        {
            FourRows((long*)wide + row, b, length, stride, folds, c + (row * GroupSize), add);
        }
    }

    /// <inheritdoc/>
    public override void Denoise(short* left, short* right, int terms, int* c, int* target, nint targetStride) =>
        Subtract(left, right, terms, c, target, targetStride);

    /// <summary>The same for other kernels on machines with AVX-512 BW.</summary>
    public static void Subtract(short* left, short* right, int terms, int* c, int* target, nint targetStride)
    {
        SubtractEight((int*)left, right, terms, c, target, targetStride);
        SubtractEight((int*)left + 8, right, terms, c + (8 * GroupSize), target + (8 * targetStride), targetStride);
    }

    private static void Widen(sbyte* source, int count, short* destination)
    {
        unchecked // Addresses stay inside the group.
        {
            for (int i = 0; i < count; i += Vector256<sbyte>.Count)
            {
                Avx512BW.ConvertToVector512Int16(Vector256.Load(source + i)).Store(destination + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(long* a, sbyte* b, int length, int stride, uint* folds, int* c, bool add)
    {
        Vector512<int> a0 = default, a1 = default, b0 = default, b1 = default;
        Vector512<int> c0 = default, c1 = default, d0 = default, d1 = default;
        unchecked // Addresses stay inside the groups.
        {
            for (int start = 0; start < length; start += stride)
            {
                for (long* end = a + (stride * (GroupSize / 4)); a < end; a += GroupSize)
                {
                    Vector512<short> y0 = Avx512BW.ConvertToVector512Int16(Vector256.Load(b));
                    Vector512<short> y1 = Avx512BW.ConvertToVector512Int16(Vector256.Load(b + 32));
                    b += 64;
                    Vector512<short> x = Vector512.Create(a[0]).AsInt16();
                    a0 += Avx512BW.MultiplyAddAdjacent(x, y0);
                    a1 += Avx512BW.MultiplyAddAdjacent(x, y1);
                    x = Vector512.Create(a[1]).AsInt16();
                    b0 += Avx512BW.MultiplyAddAdjacent(x, y0);
                    b1 += Avx512BW.MultiplyAddAdjacent(x, y1);
                    x = Vector512.Create(a[2]).AsInt16();
                    c0 += Avx512BW.MultiplyAddAdjacent(x, y0);
                    c1 += Avx512BW.MultiplyAddAdjacent(x, y1);
                    x = Vector512.Create(a[3]).AsInt16();
                    d0 += Avx512BW.MultiplyAddAdjacent(x, y0);
                    d1 += Avx512BW.MultiplyAddAdjacent(x, y1);
                }

                Fold(folds, Join(a0) ^ Join(b0) ^ Join(c0) ^ Join(d0));
                Fold(folds + 8, Join(a1) ^ Join(b1) ^ Join(c1) ^ Join(d1));
                folds += GroupSize;
            }

            Put(c, a0, a1, add);
            Put(c + GroupSize, b0, b1, add);
            Put(c + (2 * GroupSize), c0, c1, add);
            Put(c + (3 * GroupSize), d0, d1, add);
        }
    }

    // The sum of both halves of every 64-bit lane.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Join(Vector512<int> pairs) =>
        Avx512F.ConvertToVector256UInt32((pairs + (pairs.AsInt64() >>> 32).AsInt32()).AsInt64());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(uint* target, Vector256<uint> value) => (Vector256.Load(target) ^ value).Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(int* c, Vector512<int> low, Vector512<int> high, bool add)
    {
        Vector256<int> left = Join(low).AsInt32();
        Vector256<int> right = Join(high).AsInt32();
        (add ? Vector256.Load(c) + left : left).Store(c);
        (add ? Vector256.Load(c + 8) + right : right).Store(c + 8);
    }

    // 8 rows by 32 columns: two loads of the right factor serve 16 products.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SubtractEight(int* left, short* right, int terms, int* c, int* target, nint targetStride)
    {
        Vector512<int> a0 = default, b0 = default, c0 = default, d0 = default, e0 = default, f0 = default, g0 = default, h0 = default;
        Vector512<int> a1 = default, b1 = default, c1 = default, d1 = default, e1 = default, f1 = default, g1 = default, h1 = default;
        unchecked // Addresses stay inside the factors.
        {
            short* other = right + (terms * GroupSize);
            for (short* end = other; right < end; right += 32, other += 32, left += GroupSize)
            {
                Vector512<short> y0 = Vector512.Load(right);
                Vector512<short> y1 = Vector512.Load(other);
                Accumulate(ref a0, ref a1, left[0], y0, y1);
                Accumulate(ref b0, ref b1, left[1], y0, y1);
                Accumulate(ref c0, ref c1, left[2], y0, y1);
                Accumulate(ref d0, ref d1, left[3], y0, y1);
                Accumulate(ref e0, ref e1, left[4], y0, y1);
                Accumulate(ref f0, ref f1, left[5], y0, y1);
                Accumulate(ref g0, ref g1, left[6], y0, y1);
                Accumulate(ref h0, ref h1, left[7], y0, y1);
            }

            Subtract(c, a0, a1, target);
            Subtract(c + GroupSize, b0, b1, target + targetStride);
            Subtract(c + (2 * GroupSize), c0, c1, target + (2 * targetStride));
            Subtract(c + (3 * GroupSize), d0, d1, target + (3 * targetStride));
            Subtract(c + (4 * GroupSize), e0, e1, target + (4 * targetStride));
            Subtract(c + (5 * GroupSize), f0, f1, target + (5 * targetStride));
            Subtract(c + (6 * GroupSize), g0, g1, target + (6 * targetStride));
            Subtract(c + (7 * GroupSize), h0, h1, target + (7 * targetStride));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(ref Vector512<int> s0, ref Vector512<int> s1, int left, Vector512<short> y0, Vector512<short> y1)
    {
        Vector512<short> x = Vector512.Create(left).AsInt16();
        s0 += Avx512BW.MultiplyAddAdjacent(x, y0);
        s1 += Avx512BW.MultiplyAddAdjacent(x, y1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Subtract(int* c, Vector512<int> s0, Vector512<int> s1, int* target)
    {
        (Vector512.Load(c) - s0).Store(target);
        (Vector512.Load(c + GroupSums) - s1).Store(target + GroupSize);
    }
}
