using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Kernel on 16-bit products that any machine can run; pairs of products are added by one instruction where there is one. An accumulator
/// holds two partial sums of a column, which are joined at the snapshots.
/// </summary>
internal sealed unsafe class PortableTileKernel : TileKernel
{
    private const int MaxFoldWords = 32 * GroupColumns;

    /// <inheritdoc/>
    public override byte BiasA => 0;

    /// <inheritdoc/>
    public override void Correct(sbyte* b, int length, int stride, int* corrections) =>
        new Span<int>(corrections, length / stride * GroupColumns).Clear();

    /// <inheritdoc/>
    public override void Segment(
        byte* a, nint rowStride, sbyte* b, int* corrections, int length, int stride, uint* folds, int* c)
    {
        long* wide = stackalloc long[MaxFoldWords];
        int words = length / stride * GroupColumns;
        new Span<long>(wide, words).Clear();
        for (int row = 0; row < 32; row += 2)
        {
            sbyte* rows = (sbyte*)a + (row * rowStride);
            TwoRows(rows, rows + rowStride, b, length, stride, wide, c + (row * GroupColumns));
        }

        for (int i = 0; i < words; i++)
        {
            folds[i] ^= unchecked((uint)wide[i]);
        }
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Denoise(short* left, short* right, int terms, int* c)
    {
        for (int row = 0; row < 32; row++)
        {
            Vector256<int> low = default, high = default;
            short* l = left + ((nint)row * terms);
            for (int p = 0; p < terms; p += 2)
            {
                Vector256<short> x = Vector256.Create(*(int*)(l + p)).AsInt16();
                low += MultiplyAddPairs(x, Vector256.Load(right + (p * GroupColumns)));
                high += MultiplyAddPairs(x, Vector256.Load(right + (p * GroupColumns) + 16));
            }

            int* target = c + (row * GroupColumns);
            (Vector256.Load(target) - low).Store(target);
            (Vector256.Load(target + 8) - high).Store(target + 8);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows(sbyte* a0, sbyte* a1, sbyte* b, int length, int stride, long* folds, int* c)
    {
        Vector256<int> s00 = default, s01 = default, s02 = default, s03 = default;
        Vector256<int> s10 = default, s11 = default, s12 = default, s13 = default;
        for (int start = 0; start < length; start += stride)
        {
            for (int i = start; i < start + stride; i += 4)
            {
                Vector256<short> x0 = Broadcast(a0 + i);
                Vector256<short> x1 = Broadcast(a1 + i);
                Vector256<sbyte> left = Vector256.Load(b);
                Vector256<sbyte> right = Vector256.Load(b + 32);
                b += 64;
                Vector256<short> y = Vector256.WidenLower(left);
                s00 += MultiplyAddPairs(x0, y);
                s10 += MultiplyAddPairs(x1, y);
                y = Vector256.WidenUpper(left);
                s01 += MultiplyAddPairs(x0, y);
                s11 += MultiplyAddPairs(x1, y);
                y = Vector256.WidenLower(right);
                s02 += MultiplyAddPairs(x0, y);
                s12 += MultiplyAddPairs(x1, y);
                y = Vector256.WidenUpper(right);
                s03 += MultiplyAddPairs(x0, y);
                s13 += MultiplyAddPairs(x1, y);
            }

            Fold(folds, Join(s00) ^ Join(s10));
            Fold(folds + 4, Join(s01) ^ Join(s11));
            Fold(folds + 8, Join(s02) ^ Join(s12));
            Fold(folds + 12, Join(s03) ^ Join(s13));
            folds += GroupColumns;
        }

        AddJoined(c, s00, s01, s02, s03);
        AddJoined(c + GroupColumns, s10, s11, s12, s13);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<short> Broadcast(sbyte* four) =>
        Vector256.Create(Vector128.WidenLower(Vector128.CreateScalar(*(int*)four).AsSByte()).AsInt64().ToScalar()).AsInt16();

    // Exact for 8-bit inputs and for the bounded 16-bit inputs of the denoising step.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> MultiplyAddPairs(Vector256<short> x, Vector256<short> y)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.MultiplyAddAdjacent(x, y);
        }

        Vector256<int> evenX = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(x.AsInt32(), 16), 16);
        Vector256<int> evenY = Vector256.ShiftRightArithmetic(Vector256.ShiftLeft(y.AsInt32(), 16), 16);
        return (evenX * evenY)
            + (Vector256.ShiftRightArithmetic(x.AsInt32(), 16) * Vector256.ShiftRightArithmetic(y.AsInt32(), 16));
    }

    // The sum of both halves of every 64-bit lane in its low word.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<long> Join(Vector256<int> pairs) =>
        (pairs + Vector256.ShiftRightLogical(pairs.AsInt64(), 32).AsInt32()).AsInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fold(long* target, Vector256<long> value) => (Vector256.Load(target) ^ value).Store(target);

    private static void AddJoined(int* c, Vector256<int> s0, Vector256<int> s1, Vector256<int> s2, Vector256<int> s3)
    {
        Vector256<int> low = Vector256.Narrow(Join(s0), Join(s1));
        Vector256<int> high = Vector256.Narrow(Join(s2), Join(s3));
        (Vector256.Load(c) + low).Store(c);
        (Vector256.Load(c + 8) + high).Store(c + 8);
    }
}
