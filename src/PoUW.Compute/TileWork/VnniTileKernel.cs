using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Kernel on AVX-VNNI. Its dot product takes unsigned by signed bytes, so A' is biased by 128 and 128 times the column sums of B' is taken
/// off at every snapshot. All sums stay below 1024 * 255 * 127 &lt; 2^25, hence exact.
/// </summary>
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
            corrections += GroupColumns;
        }
    }

    /// <inheritdoc/>
    public override void Segment(
        byte* a, nint rowStride, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c)
    {
        for (int row = 0; row < 32; row += 4)
        {
            FourRows(a + (row * rowStride), rowStride, b, corrections, length, stride, folds, c + (row * GroupColumns));
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Denoise(short* left, short* right, int terms, int* c)
    {
        for (int row = 0; row < 32; row += 4)
        {
            short* l0 = left + ((nint)row * terms);
            Vector256<int> s00 = default, s01 = default, s10 = default, s11 = default;
            Vector256<int> s20 = default, s21 = default, s30 = default, s31 = default;
            short* r = right;
            for (int p = 0; p < terms; p += 2)
            {
                Vector256<short> r0 = Vector256.Load(r);
                Vector256<short> r1 = Vector256.Load(r + 16);
                r += 32;
                Vector256<short> x = Vector256.Create(*(int*)(l0 + p)).AsInt16();
                s00 = AvxVnni.MultiplyWideningAndAdd(s00, x, r0);
                s01 = AvxVnni.MultiplyWideningAndAdd(s01, x, r1);
                x = Vector256.Create(*(int*)(l0 + terms + p)).AsInt16();
                s10 = AvxVnni.MultiplyWideningAndAdd(s10, x, r0);
                s11 = AvxVnni.MultiplyWideningAndAdd(s11, x, r1);
                x = Vector256.Create(*(int*)(l0 + (2 * terms) + p)).AsInt16();
                s20 = AvxVnni.MultiplyWideningAndAdd(s20, x, r0);
                s21 = AvxVnni.MultiplyWideningAndAdd(s21, x, r1);
                x = Vector256.Create(*(int*)(l0 + (3 * terms) + p)).AsInt16();
                s30 = AvxVnni.MultiplyWideningAndAdd(s30, x, r0);
                s31 = AvxVnni.MultiplyWideningAndAdd(s31, x, r1);
            }

            int* target = c + (row * GroupColumns);
            Subtract(target, s00, s01);
            Subtract(target + 16, s10, s11);
            Subtract(target + 32, s20, s21);
            Subtract(target + 48, s30, s31);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Subtract(int* target, Vector256<int> low, Vector256<int> high)
    {
        (Vector256.Load(target) - low).Store(target);
        (Vector256.Load(target + 8) - high).Store(target + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(int* target, Vector256<int> low, Vector256<int> high)
    {
        (Vector256.Load(target) + low).Store(target);
        (Vector256.Load(target + 8) + high).Store(target + 8);
    }

    // Eight accumulators: 4 rows x 16 columns hide the latency of the dot product and leave registers for the operands.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void FourRows(
        byte* a0, nint rowStride, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c)
    {
        byte* a1 = a0 + rowStride;
        byte* a2 = a1 + rowStride;
        byte* a3 = a2 + rowStride;
        Vector256<int> s00 = default, s01 = default, s10 = default, s11 = default;
        Vector256<int> s20 = default, s21 = default, s30 = default, s31 = default;
        Vector256<int> low = default, high = default;
        for (int start = 0; start < length; start += stride)
        {
            for (int i = start; i < start + stride; i += 4)
            {
                Vector256<sbyte> b0 = Vector256.Load(b);
                Vector256<sbyte> b1 = Vector256.Load(b + 32);
                b += 64;
                Vector256<byte> x = Vector256.Create(*(int*)(a0 + i)).AsByte();
                s00 = AvxVnni.MultiplyWideningAndAdd(s00, x, b0);
                s01 = AvxVnni.MultiplyWideningAndAdd(s01, x, b1);
                x = Vector256.Create(*(int*)(a1 + i)).AsByte();
                s10 = AvxVnni.MultiplyWideningAndAdd(s10, x, b0);
                s11 = AvxVnni.MultiplyWideningAndAdd(s11, x, b1);
                x = Vector256.Create(*(int*)(a2 + i)).AsByte();
                s20 = AvxVnni.MultiplyWideningAndAdd(s20, x, b0);
                s21 = AvxVnni.MultiplyWideningAndAdd(s21, x, b1);
                x = Vector256.Create(*(int*)(a3 + i)).AsByte();
                s30 = AvxVnni.MultiplyWideningAndAdd(s30, x, b0);
                s31 = AvxVnni.MultiplyWideningAndAdd(s31, x, b1);
            }

            low = Vector256.Load(corrections);
            high = Vector256.Load(corrections + 8);
            corrections += GroupColumns;
            Vector256<int> fold0 = ((s00 - low) ^ (s10 - low)) ^ ((s20 - low) ^ (s30 - low));
            Vector256<int> fold1 = ((s01 - high) ^ (s11 - high)) ^ ((s21 - high) ^ (s31 - high));
            (Vector256.Load(folds) ^ fold0.AsUInt32()).Store(folds);
            (Vector256.Load(folds + 8) ^ fold1.AsUInt32()).Store(folds + 8);
            folds += GroupColumns;
        }

        Add(c, s00 - low, s01 - high);
        Add(c + 16, s10 - low, s11 - high);
        Add(c + 32, s20 - low, s21 - high);
        Add(c + 48, s30 - low, s31 - high);
    }
}
