using PoUW.Core;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Start-up test of a kernel: the pinned vector V1 through the whole miner, and the rails of the number range for both strides and ranks.
/// </summary>
internal static unsafe class TileWorkSelfTest
{
    private const int Size = 64;
    private const int Inner = 2048;
    private static ReadOnlySpan<byte> PinnedTicket =>
    [
        0x0d, 0xa3, 0x4f, 0x7d, 0x6c, 0x6f, 0xbc, 0x40, 0x2f, 0x62, 0x2c, 0x96, 0xf0, 0x05, 0x50, 0xf0,
        0xa7, 0x67, 0x81, 0x9f, 0x94, 0x14, 0xc4, 0xe5, 0xac, 0xb2, 0xc8, 0x2b, 0x39, 0x58, 0xf0, 0xd5,
    ];

    /// <summary>True if the kernel gives the pinned results.</summary>
    public static bool Passes(TileKernel kernel) =>
        SegmentsHold(kernel) && CorrectionHolds(kernel, 2 * 32) && CorrectionHolds(kernel, 2 * 64) && PinnedVectorHolds(kernel);

    private static bool PinnedVectorHolds(TileKernel kernel)
    {
        sbyte[] a = new sbyte[Size * Inner];
        sbyte[] b = new sbyte[Inner * Size];
        for (int i = 0; i < a.Length; i++)
        {
            (int row, int column) = Math.DivRem(i, Inner);
            a[i] = (sbyte)((((31 * row) + (17 * column)) % 127) - 63);
            (row, column) = Math.DivRem(i, Size);
            b[i] = (sbyte)((((13 * row) + (7 * column)) % 127) - 63);
        }

        byte[] header = new byte[0x4c];
        for (int i = 0; i < header.Length; i++)
        {
            header[i] = (byte)i;
        }

        // Just easy enough for the pinned ticket of tile (0, 0, 1) to win.
        var pinned = new System.Numerics.BigInteger(PinnedTicket, isUnsigned: true, isBigEndian: true);
        var template = WorkTemplate.Unbound(1, header, (pinned / TileWorkParameters.UnitMacs) + 1);
        var collector = new Collector();
        int[] c = new int[Size * Size];
        try
        {
            using var miner = new TileWorkMiner(kernel);
            miner.Multiply(new TileWorkShape(Size, Size, Inner, false, false), a, b, c, template, collector);
        }
        catch (PouwException)
        {
            // The miner's own check found a wrong tile: that is the answer of this test, not a fault to report further.
            return false;
        }

        return collector.HasPinnedTicket && IsProduct(a, b, c);
    }

    private static bool IsProduct(sbyte[] a, sbyte[] b, int[] c)
    {
        for (int cell = 0; cell < c.Length; cell += 5)
        {
            (int row, int column) = Math.DivRem(cell, Size);
            int sum = 0;
            for (int l = 0; l < Inner; l++)
            {
                sum += a[(row * Inner) + l] * b[(l * Size) + column];
            }

            if (sum != c[cell])
            {
                return false;
            }
        }

        return true;
    }

    // Operands of +-127 in all sign patterns, the largest sums that a segment can reach (1024 * 127 * 127), and mixed ones; both strides.
    private static bool SegmentsHold(TileKernel kernel) =>
        SegmentHolds(kernel, static (vector, _) => (vector & 1) == 0 ? 127 : -127, TileWorkParameters.SegmentLength, 32)
        && SegmentHolds(kernel, static (vector, _) => vector < 8 ? 127 : -127, TileWorkParameters.SegmentLength, 64)
        && SegmentHolds(kernel, static (vector, k) => (((37 * vector) + (101 * k) + (k * k)) % 254) - 127, TileWorkParameters.InnerGranularity, 32)
        && SegmentHolds(kernel, static (vector, k) => ((vector + k) & 1) == 0 ? 127 : -126, TileWorkParameters.SegmentLength, 64);

    private static bool SegmentHolds(TileKernel kernel, Func<int, int, int> entry, int length, int stride)
    {
        const int before = 0x01020304;
        bool add = stride == 32;
        int snapshots = length / stride;
        var a = new AlignedBuffer<byte>();
        var b = new AlignedBuffer<byte>();
        var folds = new AlignedBuffer<uint>();
        var corrections = new AlignedBuffer<int>();
        var sums = new AlignedBuffer<int>();
        Pack(a, length, (row, k) => entry(row, k), kernel.BiasA);
        Pack(b, length, (column, k) => entry(column / 2, k + 1), 0);
        folds.Reserve(snapshots * TileKernel.GroupSize);
        corrections.Reserve(folds.Length);
        sums.Reserve(TileKernel.GroupSums);
        folds.Span.Clear();
        sums.Span.Fill(before);
        kernel.Correct((sbyte*)b.Pointer, length, stride, corrections.Pointer);
        kernel.Segment(a.Pointer, (sbyte*)b.Pointer, corrections.Pointer, length, stride, folds.Pointer, sums.Pointer, add);
        int[] expected = new int[TileKernel.GroupSums];
        bool same = true;
        for (int snapshot = 0; snapshot < snapshots; snapshot++)
        {
            for (int column = 0; column < TileKernel.GroupSize; column++)
            {
                uint fold = 0;
                for (int row = 0; row < TileKernel.GroupSize; row++)
                {
                    int cell = (row * TileKernel.GroupSize) + column;
                    for (int k = snapshot * stride; k < (snapshot + 1) * stride; k++)
                    {
                        expected[cell] += entry(row, k) * entry(column / 2, k + 1);
                    }

                    fold ^= unchecked((uint)expected[cell]);
                }

                same &= folds.Span[(snapshot * TileKernel.GroupSize) + column] == fold;
            }
        }

        int offset = add ? before : 0;
        int[] wanted = Array.ConvertAll(expected, sum => sum + offset);
        same &= sums.Span.SequenceEqual(wanted);

        KeepAlive(a, b, folds, corrections, sums);
        return same;
    }

    // Pointers alone do not keep the memory.
    private static void KeepAlive(params ReadOnlySpan<object> buffers)
    {
        foreach (object buffer in buffers)
        {
            GC.KeepAlive(buffer);
        }
    }

    // The low-rank part of either rank, with factors up to the largest that k / r <= 128 strips can give.
    private static bool CorrectionHolds(TileKernel kernel, int terms)
    {
        const int largest = 2 * 128 * 127;
        var left = new AlignedBuffer<short>();
        var right = new AlignedBuffer<short>();
        var sums = new AlignedBuffer<int>();
        var result = new AlignedBuffer<int>();
        left.Reserve(terms * TileKernel.GroupSize);
        right.Reserve(2 * terms * TileKernel.GroupSize);
        sums.Reserve(2 * TileKernel.GroupSums);
        result.Reserve(2 * TileKernel.GroupSums);
        for (int i = 0; i < right.Length; i++)
        {
            right.Span[i] = (short)((i * 29 % 64) - 32);
            left.Span[i % left.Length] = (short)(i % 7 == 0 ? -largest : (i * 5003 % ((2 * largest) + 1)) - largest);
        }

        sums.Span.Fill(terms);
        kernel.Denoise(left.Pointer, right.Pointer, terms, sums.Pointer, result.Pointer, TileWorkParameters.TileSize);
        bool same = true;
        for (int cell = 0; cell < sums.Length; cell++)
        {
            (int group, int row, int column) = (cell / TileKernel.GroupSums, cell / TileKernel.GroupSize % TileKernel.GroupSize, cell % TileKernel.GroupSize);
            int expected = terms;
            for (int p = 0; p < terms; p++)
            {
                int pair = ((group * terms / 2) + (p / 2)) * TileKernel.GroupSize;
                int own = ((p / 2 * TileKernel.GroupSize) + row) * 2;
                expected -= left.Span[own + (p % 2)] * right.Span[((pair + column) * 2) + (p % 2)];
            }

            same &= result.Span[(row * TileWorkParameters.TileSize) + (group * TileKernel.GroupSize) + column] == expected;
        }

        KeepAlive(left, right, sums, result);
        return same;
    }

    private static void Pack(AlignedBuffer<byte> group, int length, Func<int, int, int> entry, byte bias)
    {
        group.Reserve(TileKernel.GroupSize * length);
        for (int i = 0; i < group.Length; i++)
        {
            (int vector, int k) = (i / 4 % TileKernel.GroupSize, (i / (4 * TileKernel.GroupSize) * 4) + (i % 4));
            group.Span[i] = (byte)(unchecked((byte)entry(vector, k)) ^ bias);
        }
    }

    private sealed class Collector : ITicketSink
    {
        public bool HasPinnedTicket { get; private set; }

        public void Submit(WorkTemplate template, WorkCertificate certificate)
        {
            WorkVerifier.VerifyPublicData(template, certificate.PublicData.Span, out Hash256 ticket);
            HasPinnedTicket |= ticket == new Hash256(PinnedTicket);
        }
    }
}
