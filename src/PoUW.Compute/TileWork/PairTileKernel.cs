using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Kernel on 16-bit products in 256 bits. An accumulator holds two partial sums of a column, which are joined at the snapshots.
/// </summary>
internal sealed unsafe class PairTileKernel<TProduct> : TileKernel
    where TProduct : struct, IPairProduct
{
    private const int MaxFoldWords = 32 * GroupSize;

    /// <inheritdoc/>
    public override byte BiasA => 0;

    /// <inheritdoc/>
    public override void Correct(sbyte* b, int length, int stride, int* corrections) =>
        new Span<int>(corrections, length / stride * GroupSize).Clear();

    /// <inheritdoc/>
    public override void Segment(byte* a, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c, bool add)
    {
        long* wide = stackalloc long[MaxFoldWords];
        int words = length / stride * GroupSize;
        new Span<long>(wide, words).Clear();
        for (int row = 0; row < GroupSize; row += 2)
        {
            TwoRows((int*)a + row, b, length, stride, wide, c + (row * GroupSize), add);
        }

        for (int i = 0; i < words; i++)
        {
            folds[i] ^= unchecked((uint)wide[i]);
        }
    }

    /// <inheritdoc/>
    public override void Denoise(short* left, short* right, int terms, int* c, int* target, nint targetStride) =>
        Subtract(left, right, terms, c, target, targetStride);

    /// <summary>The same for kernels that have no better way.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Subtract(short* left, short* right, int terms, int* c, int* target, nint targetStride)
    {
        unchecked // Addresses stay inside the factors, the sums and the target.
        {
            for (int group = 0; group < 2; group++, right += terms * GroupSize)
            {
                int* to = target + (group * GroupSize);
                for (int row = 0; row < GroupSize; row++, c += GroupSize, to += targetStride)
                {
                    Vector256<int> low = default, high = default;
                    int* l = (int*)left + row;
                    for (short* r = right; r < right + (terms * GroupSize); r += 2 * GroupSize, l += GroupSize)
                    {
                        Vector256<short> x = Vector256.Create(*l).AsInt16();
                        low += TProduct.Multiply(x, Vector256.Load(r));
                        high += TProduct.Multiply(x, Vector256.Load(r + 16));
                    }

                    (Vector256.Load(c) - low).Store(to);
                    (Vector256.Load(c + 8) - high).Store(to + 8);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(int* a, sbyte* b, int length, int stride, long* folds, int* c, bool add)
    {
        Vector256<int> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector256<int> s10 = default, s11 = default, s12 = default, s13 = default;
        unchecked // Addresses stay inside the groups.
        {
            for (int start = 0; start < length; start += stride)
            {
                for (int* end = a + (stride * (GroupSize / 4)); a < end; a += GroupSize)
                {
                    Vector256<short> x0 = Broadcast(a);
                    Vector256<short> x1 = Broadcast(a + 1);
                    Vector256<sbyte> left = Vector256.Load(b);
                    Vector256<sbyte> right = Vector256.Load(b + 32);
                    b += 64;
                    Vector256<short> y = Vector256.WidenLower(left);
                    s00 += TProduct.Multiply(x0, y);
                    s10 += TProduct.Multiply(x1, y);
                    y = Vector256.WidenUpper(left);
                    s01 += TProduct.Multiply(x0, y);
                    s11 += TProduct.Multiply(x1, y);
                    y = Vector256.WidenLower(right);
                    s02 += TProduct.Multiply(x0, y);
                    s12 += TProduct.Multiply(x1, y);
                    y = Vector256.WidenUpper(right);
                    s03 += TProduct.Multiply(x0, y);
                    s13 += TProduct.Multiply(x1, y);
                }

                Fold(folds, Join(s00) ^ Join(s10));
                Fold(folds + 4, Join(s01) ^ Join(s11));
                Fold(folds + 8, Join(s02) ^ Join(s12));
                Fold(folds + 12, Join(s03) ^ Join(s13));
                folds += GroupSize;
            }

            PutJoined(c, s00, s01, s02, s03, add);
            PutJoined(c + GroupSize, s10, s11, s12, s13, add);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Broadcast(int* four) =>
        Vector256.Create(Vector128.WidenLower(Vector128.CreateScalar(*four).AsSByte()).AsInt64().ToScalar()).AsInt16();

    // The sum of both halves of every 64-bit lane in its low word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Join(Vector256<int> pairs) => (pairs + (pairs.AsInt64() >>> 32).AsInt32()).AsInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(long* target, Vector256<long> value) => (Vector256.Load(target) ^ value).Store(target);

    private static void PutJoined(int* c, Vector256<int> s0, Vector256<int> s1, Vector256<int> s2, Vector256<int> s3, bool add)
    {
        Vector256<int> low = Vector256.Narrow(Join(s0), Join(s1));
        Vector256<int> high = Vector256.Narrow(Join(s2), Join(s3));
        (add ? Vector256.Load(c) + low : low).Store(c);
        (add ? Vector256.Load(c + 8) + high : high).Store(c + 8);
    }
}
