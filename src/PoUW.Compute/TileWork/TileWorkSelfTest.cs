using PoUW.Core;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>Start-up test of a kernel: the pinned vector V1 through the whole miner, and the rails of the number range.</summary>
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
    public static bool Passes(TileKernel kernel) => RailsHold(kernel) && PinnedVectorHolds(kernel);

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

    // Operands of +-127 in all sign patterns: the largest sums that a segment can reach, 1024 * 127 * 127.
    private static bool RailsHold(TileKernel kernel)
    {
        const int length = TileWorkParameters.SegmentLength;
        const int stride = 32;
        const int snapshots = length / stride;
        var buffers = new RailBuffers();
        int* expected = stackalloc int[32 * TileKernel.GroupColumns];
        uint* folds = stackalloc uint[snapshots * TileKernel.GroupColumns];
        int* corrections = stackalloc int[snapshots * TileKernel.GroupColumns];
        int* c = stackalloc int[32 * TileKernel.GroupColumns];
        new Span<uint>(folds, snapshots * TileKernel.GroupColumns).Clear();
        new Span<int>(c, 32 * TileKernel.GroupColumns).Clear();
        new Span<int>(expected, 32 * TileKernel.GroupColumns).Clear();
        buffers.Fill(kernel.BiasA);
        kernel.Correct(buffers.B, length, stride, corrections);
        kernel.Segment(buffers.A, length, buffers.B, corrections, length, stride, folds, c);
        GC.KeepAlive(buffers); // Their memory is collected with them, and pointers do not hold them.

        bool same = true;
        for (int snapshot = 0; snapshot < snapshots; snapshot++)
        {
            for (int column = 0; column < TileKernel.GroupColumns; column++)
            {
                uint fold = 0;
                for (int row = 0; row < 32; row++)
                {
                    int* cell = expected + (row * TileKernel.GroupColumns) + column;
                    *cell += stride * RailBuffers.Rail(row) * RailBuffers.Rail(column / 2);
                    fold ^= unchecked((uint)*cell);
                }

                same &= folds[(snapshot * TileKernel.GroupColumns) + column] == fold;
            }
        }

        return same && new Span<int>(c, 32 * TileKernel.GroupColumns).SequenceEqual(new Span<int>(expected, 32 * TileKernel.GroupColumns));
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

    private sealed class RailBuffers
    {
        private const int Length = TileWorkParameters.SegmentLength;
        private readonly AlignedBuffer<byte> _a = new();
        private readonly AlignedBuffer<sbyte> _b = new();

        public byte* A => _a.Pointer;

        public sbyte* B => _b.Pointer;

        public static int Rail(int index) => (index & 1) == 0 ? 127 : -127;

        public void Fill(byte bias)
        {
            _a.Reserve(32 * Length);
            _b.Reserve(TileKernel.GroupColumns * Length);
            for (int i = 0; i < _a.Length; i++)
            {
                A[i] = (byte)(unchecked((byte)Rail(i / Length)) ^ bias);
            }

            for (int i = 0; i < _b.Length; i++)
            {
                B[i] = (sbyte)Rail(i / 4 % TileKernel.GroupColumns / 2);
            }
        }
    }
}
