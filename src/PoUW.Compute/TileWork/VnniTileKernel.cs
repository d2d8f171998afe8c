using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Kernel on AVX-VNNI. Its dot product takes unsigned by signed bytes, so A' is biased by 128 and 128 times the column sums of B' is taken
/// off at every snapshot. All sums stay below 1024 * 255 * 127 &lt; 2^25, hence exact.
/// </summary>
/// <remarks>
/// The instruction can name 16 registers only: 6 rows by 16 columns are 12 accumulators, more than its latency needs, and leave room for
/// the operands; 16 rows are 6 + 5 + 5. The snapshots use pipes that the dot products leave idle.
/// </remarks>
internal sealed unsafe class VnniTileKernel : TileKernel
{
    /// <summary>True if the machine can run it.</summary>
    public static bool IsSupported => AvxVnni.IsSupported && Avx2.IsSupported;

    /// <inheritdoc/>
    public override byte BiasA => 0x80;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Correct(sbyte* b, int length, int stride, int* corrections)
    {
        Vector256<byte> ones = Vector256.Create((byte)1);
        Vector256<int> left = Vector256<int>.Zero;
        Vector256<int> right = Vector256<int>.Zero;
        unchecked // Addresses stay inside the group.
        {
            for (int start = 0; start < length; start += stride)
            {
                for (int i = 0; i < stride; i += 4)
                {
                    left = AvxVnni.MultiplyWideningAndAdd(left, ones, Vector256.Load(b));
                    right = AvxVnni.MultiplyWideningAndAdd(right, ones, Vector256.Load(b + 32));
                    b += 64;
                }

                Vector256.ShiftLeft(left, 7).Store(corrections);
                Vector256.ShiftLeft(right, 7).Store(corrections + 8);
                corrections += GroupSize;
            }
        }
    }

    /// <inheritdoc/>
    public override void Segment(byte* a, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c, bool add)
    {
        SixRows((int*)a, b, corrections, length, stride, folds, c, add);
        FiveRows((int*)a + 6, b, corrections, length, stride, folds, c + (6 * GroupSize), add);
        FiveRows((int*)a + 11, b, corrections, length, stride, folds, c + (11 * GroupSize), add);
    }

    /// <inheritdoc/>
    public override void Denoise(short* left, short* right, int terms, int* c, int* target, nint targetStride)
    {
        if (Avx512TileKernel.IsSupported)
        {
            Avx512TileKernel.Subtract(left, right, terms, c, target, targetStride);
            return;
        }

        PairTileKernel<Avx2PairProduct>.Subtract(left, right, terms, c, target, targetStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SixRows(int* a, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c, bool add)
    {
        Vector256<int> a0 = default, b0 = default, c0 = default, d0 = default, e0 = default, f0 = default, low = default;
        Vector256<int> a1 = default, b1 = default, c1 = default, d1 = default, e1 = default, f1 = default, high = default;
        unchecked // Addresses stay inside the groups.
        {
            for (int* last = a + (length * (GroupSize / 4)); a < last;)
            {
                int* end = a + (stride * (GroupSize / 4));
                do
                {
                    Vector256<sbyte> y0 = Vector256.Load(b);
                    Vector256<sbyte> y1 = Vector256.Load(b + 32);
                    b += 64;
                    Accumulate(ref a0, ref a1, a[0], y0, y1);
                    Accumulate(ref b0, ref b1, a[1], y0, y1);
                    Accumulate(ref c0, ref c1, a[2], y0, y1);
                    Accumulate(ref d0, ref d1, a[3], y0, y1);
                    Accumulate(ref e0, ref e1, a[4], y0, y1);
                    Accumulate(ref f0, ref f1, a[5], y0, y1);
                    a += GroupSize;
                }
                while (a < end);

                low = Vector256.Load(corrections);
                high = Vector256.Load(corrections + 8);
                corrections += GroupSize;
                Fold(folds, (a0 - low) ^ (b0 - low) ^ (c0 - low) ^ (d0 - low) ^ (e0 - low) ^ (f0 - low));
                Fold(folds + 8, (a1 - high) ^ (b1 - high) ^ (c1 - high) ^ (d1 - high) ^ (e1 - high) ^ (f1 - high));
                folds += GroupSize;
            }

            Put(c, a0 - low, a1 - high, add);
            Put(c + GroupSize, b0 - low, b1 - high, add);
            Put(c + (2 * GroupSize), c0 - low, c1 - high, add);
            Put(c + (3 * GroupSize), d0 - low, d1 - high, add);
            Put(c + (4 * GroupSize), e0 - low, e1 - high, add);
            Put(c + (5 * GroupSize), f0 - low, f1 - high, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FiveRows(int* a, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c, bool add)
    {
        Vector256<int> a0 = default, b0 = default, c0 = default, d0 = default, e0 = default, low = default;
        Vector256<int> a1 = default, b1 = default, c1 = default, d1 = default, e1 = default, high = default;
        unchecked // Addresses stay inside the groups.
        {
            for (int* last = a + (length * (GroupSize / 4)); a < last;)
            {
                int* end = a + (stride * (GroupSize / 4));
                do
                {
                    Vector256<sbyte> y0 = Vector256.Load(b);
                    Vector256<sbyte> y1 = Vector256.Load(b + 32);
                    b += 64;
                    Accumulate(ref a0, ref a1, a[0], y0, y1);
                    Accumulate(ref b0, ref b1, a[1], y0, y1);
                    Accumulate(ref c0, ref c1, a[2], y0, y1);
                    Accumulate(ref d0, ref d1, a[3], y0, y1);
                    Accumulate(ref e0, ref e1, a[4], y0, y1);
                    a += GroupSize;
                }
                while (a < end);

                low = Vector256.Load(corrections);
                high = Vector256.Load(corrections + 8);
                corrections += GroupSize;
                Fold(folds, (a0 - low) ^ (b0 - low) ^ (c0 - low) ^ (d0 - low) ^ (e0 - low));
                Fold(folds + 8, (a1 - high) ^ (b1 - high) ^ (c1 - high) ^ (d1 - high) ^ (e1 - high));
                folds += GroupSize;
            }

            Put(c, a0 - low, a1 - high, add);
            Put(c + GroupSize, b0 - low, b1 - high, add);
            Put(c + (2 * GroupSize), c0 - low, c1 - high, add);
            Put(c + (3 * GroupSize), d0 - low, d1 - high, add);
            Put(c + (4 * GroupSize), e0 - low, e1 - high, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(ref Vector256<int> s0, ref Vector256<int> s1, int four, Vector256<sbyte> y0, Vector256<sbyte> y1)
    {
        Vector256<byte> x = Vector256.Create(four).AsByte();
        s0 = AvxVnni.MultiplyWideningAndAdd(s0, x, y0);
        s1 = AvxVnni.MultiplyWideningAndAdd(s1, x, y1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(uint* target, Vector256<int> value) => (Vector256.Load(target) ^ value.AsUInt32()).Store(target);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(int* target, Vector256<int> low, Vector256<int> high, bool add)
    {
        (add ? Vector256.Load(target) + low : low).Store(target);
        (add ? Vector256.Load(target + 8) + high : high).Store(target + 8);
    }
}
