using System.Runtime.CompilerServices;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>
/// The inner loop of the exact product: up to 12 rows by one or two vectors of results stay in registers while k runs in increasing
/// order, each step one fused multiply-add. The numbers of rows and vectors are types, so the compiler keeps only the registers in use.
/// </summary>
internal static unsafe class MicroKernel<TLane, TVector>
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    /// <summary>The most rows of a block.</summary>
    public const int MaxRows = 12;

    /// <summary>Computes one block of results. Rows are stored in increasing order, so the vectors of a row may reach into the next ones.</summary>
    /// <remarks>Optimised at once: the loop is hot in its first call, and the tiers would only measure it again.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TVectors>(MicroCall* call)
        where TRows : struct, ICount
        where TVectors : struct, ICount
    {
        unchecked // Pointers stay inside the operands of the call.
        {
            TVector l0 = default, r0 = default, l1 = default, r1 = default;
            TVector l2 = default, r2 = default, l3 = default, r3 = default;
            TVector l4 = default, r4 = default, l5 = default, r5 = default;
            TVector l6 = default, r6 = default, l7 = default, r7 = default;
            TVector l8 = default, r8 = default, l9 = default, r9 = default;
            TVector l10 = default, r10 = default, l11 = default, r11 = default;
            if (call->Last)
            {
                Prefetch<TRows>(call->NextC, call->StrideC);
            }

            float* c = call->Start;
            if (c != null)
            {
                nint line = call->StartStride;
                Prefetch<TRows>(call->NextStart, line);
                Load<TRows, TVectors>(0, c, ref l0, ref r0);
                Load<TRows, TVectors>(1, c += line, ref l1, ref r1);
                Load<TRows, TVectors>(2, c += line, ref l2, ref r2);
                Load<TRows, TVectors>(3, c += line, ref l3, ref r3);
                Load<TRows, TVectors>(4, c += line, ref l4, ref r4);
                Load<TRows, TVectors>(5, c += line, ref l5, ref r5);
                Load<TRows, TVectors>(6, c += line, ref l6, ref r6);
                Load<TRows, TVectors>(7, c += line, ref l7, ref r7);
                Load<TRows, TVectors>(8, c += line, ref l8, ref r8);
                Load<TRows, TVectors>(9, c += line, ref l9, ref r9);
                Load<TRows, TVectors>(10, c += line, ref l10, ref r10);
                Load<TRows, TVectors>(11, c += line, ref l11, ref r11);
            }

            nint rs = call->RowStride;
            nint rs2 = 2 * rs;
            nint stepA = call->StepA;
            nint stepB = call->StepB;
            float* b = call->B;
            nint* offset = call->Offsets;
            nint* offsetB = call->OffsetsB;
            for (nint segment = call->Segments; segment > 0; segment--, offset++)
            {
                if (offsetB != null)
                {
                    b = call->B + *offsetB++;
                }

                float* p0 = call->A + *offset;
                float* p3 = p0 + (3 * rs);
                float* p6 = p3 + (3 * rs);
                float* p9 = p6 + (3 * rs);
                for (nint k = call->Length; k > 0; k--)
                {
                    TVector y0 = TLane.Load(b);
                    TVector y1 = TVectors.Value > 1 ? TLane.Load(b + TLane.Width) : default;
                    Step<TRows, TVectors>(0, p0, y0, y1, ref l0, ref r0);
                    Step<TRows, TVectors>(1, p0 + rs, y0, y1, ref l1, ref r1);
                    Step<TRows, TVectors>(2, p0 + rs2, y0, y1, ref l2, ref r2);
                    Step<TRows, TVectors>(3, p3, y0, y1, ref l3, ref r3);
                    Step<TRows, TVectors>(4, p3 + rs, y0, y1, ref l4, ref r4);
                    Step<TRows, TVectors>(5, p3 + rs2, y0, y1, ref l5, ref r5);
                    Step<TRows, TVectors>(6, p6, y0, y1, ref l6, ref r6);
                    Step<TRows, TVectors>(7, p6 + rs, y0, y1, ref l7, ref r7);
                    Step<TRows, TVectors>(8, p6 + rs2, y0, y1, ref l8, ref r8);
                    Step<TRows, TVectors>(9, p9, y0, y1, ref l9, ref r9);
                    Step<TRows, TVectors>(10, p9 + rs, y0, y1, ref l10, ref r10);
                    Step<TRows, TVectors>(11, p9 + rs2, y0, y1, ref l11, ref r11);
                    p0 += stepA;
                    p3 += stepA;
                    p6 += stepA;
                    p9 += stepA;
                    b += stepB;
                }
            }

            if (call->Last)
            {
                Canonical<TRows, TVectors>(0, ref l0, ref r0);
                Canonical<TRows, TVectors>(1, ref l1, ref r1);
                Canonical<TRows, TVectors>(2, ref l2, ref r2);
                Canonical<TRows, TVectors>(3, ref l3, ref r3);
                Canonical<TRows, TVectors>(4, ref l4, ref r4);
                Canonical<TRows, TVectors>(5, ref l5, ref r5);
                Canonical<TRows, TVectors>(6, ref l6, ref r6);
                Canonical<TRows, TVectors>(7, ref l7, ref r7);
                Canonical<TRows, TVectors>(8, ref l8, ref r8);
                Canonical<TRows, TVectors>(9, ref l9, ref r9);
                Canonical<TRows, TVectors>(10, ref l10, ref r10);
                Canonical<TRows, TVectors>(11, ref l11, ref r11);
            }

            nint next = call->StrideC;
            float* result = call->C;
            Store<TRows, TVectors>(0, result, l0, r0);
            Store<TRows, TVectors>(1, result += next, l1, r1);
            Store<TRows, TVectors>(2, result += next, l2, r2);
            Store<TRows, TVectors>(3, result += next, l3, r3);
            Store<TRows, TVectors>(4, result += next, l4, r4);
            Store<TRows, TVectors>(5, result += next, l5, r5);
            Store<TRows, TVectors>(6, result += next, l6, r6);
            Store<TRows, TVectors>(7, result += next, l7, r7);
            Store<TRows, TVectors>(8, result += next, l8, r8);
            Store<TRows, TVectors>(9, result += next, l9, r9);
            Store<TRows, TVectors>(10, result += next, l10, r10);
            Store<TRows, TVectors>(11, result += next, l11, r11);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TRows, TVectors>(int row, float* a, TVector y0, TVector y1, ref TVector left, ref TVector right)
        where TRows : struct, ICount
        where TVectors : struct, ICount
    {
        if (row < TRows.Value)
        {
            TVector x = TLane.Broadcast(a);
            left = TLane.MultiplyAdd(x, y0, left);
            if (TVectors.Value > 1)
            {
                right = TLane.MultiplyAdd(x, y1, right);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Load<TRows, TVectors>(int row, float* c, ref TVector left, ref TVector right)
        where TRows : struct, ICount
        where TVectors : struct, ICount
    {
        if (row < TRows.Value)
        {
            left = TLane.Load(c);
            if (TVectors.Value > 1)
            {
                right = TLane.Load(unchecked(c + TLane.Width));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Canonical<TRows, TVectors>(int row, ref TVector left, ref TVector right)
        where TRows : struct, ICount
        where TVectors : struct, ICount
    {
        if (row < TRows.Value)
        {
            left = TLane.Canonical(left);
            if (TVectors.Value > 1)
            {
                right = TLane.Canonical(right);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TRows, TVectors>(int row, float* c, TVector left, TVector right)
        where TRows : struct, ICount
        where TVectors : struct, ICount
    {
        if (row < TRows.Value)
        {
            TLane.Store(left, c);
            if (TVectors.Value > 1)
            {
                TLane.Store(right, unchecked(c + TLane.Width));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch<TRows>(float* c, nint stride)
        where TRows : struct, ICount
    {
        unchecked // Any address may be asked for.
        {
            for (int row = 0; row < TRows.Value; row++, c += stride)
            {
                TLane.Prefetch(c);
                TLane.Prefetch(c + TLane.Width);
            }
        }
    }
}
