using PoUW.Vm.Tensors;

namespace PoUW.Compute.Backends;

/// <summary>
/// The int8 product: B is packed in panels of two vectors, A in groups, and 6 x 2 vectors of accumulators run over k. Integer sums do
/// not depend on the order, so all lanes give the same bits. Not thread-safe.
/// </summary>
internal sealed unsafe class GemmEngine<TLane, TVector> : IGemmEngine
    where TLane : struct, IDotLane<TVector>
    where TVector : unmanaged
{
    private const int TileRows = 6;
    private const int ByteGroup = 4;
    private const int ByteOffset = 128;

    private readonly ScratchBuffer _a = new();
    private readonly ScratchBuffer _b = new();
    private readonly ScratchBuffer _rows = new();
    private readonly ScratchBuffer _start = new();
    private readonly ScratchBuffer _tile = new();

    private static int Panel => 2 * TLane.Width;

    public void Multiply(in MatMulShape shape, sbyte* a, sbyte* b, int* c)
    {
        int groups = (shape.K + TLane.Group - 1) / TLane.Group;
        int panels = (shape.N + Panel - 1) / Panel;
        bool flip = TLane.Group == ByteGroup;
        int* packedA = _a.Reserve((long)groups * shape.M);
        if (shape.TransposeA)
        {
            OperandPacker.Interleave(a, shape.K, shape.M, 0, shape.M, TLane.Group, flip, packedA, shape.M);
        }
        else
        {
            OperandPacker.Rows(a, shape.M, shape.K, TLane.Group, flip, packedA);
        }

        (nint rowStride, nint groupStride) = shape.TransposeA ? (1, shape.M) : (groups, 1);
        int* packedB = _b.Reserve((long)panels * groups * Panel);
        PackB(shape, b, groups, panels, packedB);
        int* start = _start.Reserve(Panel);
        for (int panel = 0; panel < panels; panel++)
        {
            int* columns = packedB + ((long)panel * groups * Panel);
            Start(columns, groups, flip, start);
            int first = panel * Panel;
            RunPanel(shape, packedA, rowStride, groupStride, columns, groups, c + first, Math.Min(Panel, shape.N - first), start);
        }
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _rows.Dispose();
        _start.Dispose();
        _tile.Dispose();
    }

    private void PackB(in MatMulShape shape, sbyte* b, int groups, int panels, int* packed)
    {
        if (!shape.TransposeB)
        {
            for (int panel = 0; panel < panels; panel++, packed += (long)groups * Panel)
            {
                int first = panel * Panel;
                int count = Math.Min(Panel, shape.N - first);
                if (count < Panel)
                {
                    new Span<int>(packed, groups * Panel).Clear();
                }

                OperandPacker.Interleave(b, shape.K, shape.N, first, count, TLane.Group, flip: false, packed, Panel);
            }

            return;
        }

        int* rows = _rows.Reserve((long)groups * shape.N);
        OperandPacker.Rows(b, shape.N, shape.K, TLane.Group, flip: false, rows);
        for (int panel = 0; panel < panels; panel++, packed += (long)groups * Panel)
        {
            for (int column = 0; column < Panel; column++)
            {
                int n = (panel * Panel) + column;
                for (int g = 0; g < groups; g++)
                {
                    packed[((long)g * Panel) + column] = n < shape.N ? rows[((long)n * groups) + g] : 0;
                }
            }
        }
    }

    /// <summary>Where the accumulators of a panel start: zero, or what undoes the offset of the bytes of A.</summary>
    private static void Start(int* columns, int groups, bool flip, int* start)
    {
        new Span<int>(start, Panel).Clear();
        if (!flip)
        {
            return;
        }

        TVector ones = TLane.Broadcast(0x01010101);
        TVector left = TLane.Load(start);
        TVector right = left;
        for (int g = 0; g < groups; g++, columns += Panel)
        {
            left = TLane.Accumulate(left, ones, TLane.Load(columns));
            right = TLane.Accumulate(right, ones, TLane.Load(columns + TLane.Width));
        }

        TLane.Store(left, start);
        TLane.Store(right, start + TLane.Width);
        for (int i = 0; i < Panel; i++)
        {
            start[i] = unchecked(start[i] * -ByteOffset); // Sums are modulo 2^32.
        }
    }

    private void RunPanel(
        in MatMulShape shape, int* a, nint rowStride, nint groupStride, int* b, int groups, int* c, int width, int* start)
    {
        int* tile = _tile.Reserve(TileRows * Panel);
        for (int row = 0; row < shape.M; row += TileRows)
        {
            // The last tile overlaps the one before: it writes the same values again.
            int first = Math.Max(0, Math.Min(row, shape.M - TileRows));
            int rows = Math.Min(TileRows, shape.M);
            int* left = a + (first * rowStride);
            int* target = c + ((long)first * shape.N);
            bool direct = width == Panel && rows == TileRows;
            if (rows == TileRows)
            {
                Tile(left, rowStride, groupStride, b, groups, direct ? target : tile, direct ? shape.N : Panel, start);
            }
            else
            {
                for (int i = 0; i < rows; i++)
                {
                    Line(left + (i * rowStride), groupStride, b, groups, tile + (i * Panel), start);
                }
            }

            for (int i = 0; i < rows && !direct; i++)
            {
                new Span<int>(tile + (i * Panel), width).CopyTo(new Span<int>(target + ((long)i * shape.N), width));
            }
        }
    }

    private static void Line(int* a, nint groupStride, int* b, int groups, int* c, int* start)
    {
        TVector left = TLane.Load(start);
        TVector right = TLane.Load(start + TLane.Width);
        for (int g = 0; g < groups; g++, a += groupStride, b += Panel)
        {
            TVector x = TLane.Broadcast(*a);
            left = TLane.Accumulate(left, x, TLane.Load(b));
            right = TLane.Accumulate(right, x, TLane.Load(b + TLane.Width));
        }

        TLane.Store(left, c);
        TLane.Store(right, c + TLane.Width);
    }

    private static void Tile(int* a, nint rowStride, nint groupStride, int* b, int groups, int* c, nint lineStride, int* start)
    {
        TVector s0 = TLane.Load(start);
        TVector s1 = TLane.Load(start + TLane.Width);
        (TVector a0, TVector b0, TVector c0, TVector d0, TVector e0, TVector f0) = (s0, s0, s0, s0, s0, s0);
        (TVector a1, TVector b1, TVector c1, TVector d1, TVector e1, TVector f1) = (s1, s1, s1, s1, s1, s1);
        unchecked // Pointers stay inside the packed operands.
        {
            nint row3 = 3 * rowStride;
            for (int g = 0; g < groups; g++, a += groupStride, b += 2 * TLane.Width)
            {
                TVector y0 = TLane.Load(b);
                TVector y1 = TLane.Load(b + TLane.Width);
                int* low = a + row3;
                TVector x = TLane.Broadcast(*a);
                a0 = TLane.Accumulate(a0, x, y0);
                a1 = TLane.Accumulate(a1, x, y1);
                x = TLane.Broadcast(a[rowStride]);
                b0 = TLane.Accumulate(b0, x, y0);
                b1 = TLane.Accumulate(b1, x, y1);
                x = TLane.Broadcast(a[2 * rowStride]);
                c0 = TLane.Accumulate(c0, x, y0);
                c1 = TLane.Accumulate(c1, x, y1);
                x = TLane.Broadcast(*low);
                d0 = TLane.Accumulate(d0, x, y0);
                d1 = TLane.Accumulate(d1, x, y1);
                x = TLane.Broadcast(low[rowStride]);
                e0 = TLane.Accumulate(e0, x, y0);
                e1 = TLane.Accumulate(e1, x, y1);
                x = TLane.Broadcast(low[2 * rowStride]);
                f0 = TLane.Accumulate(f0, x, y0);
                f1 = TLane.Accumulate(f1, x, y1);
            }
        }

        StorePair(a0, a1, c);
        StorePair(b0, b1, c += lineStride);
        StorePair(c0, c1, c += lineStride);
        StorePair(d0, d1, c += lineStride);
        StorePair(e0, e1, c += lineStride);
        StorePair(f0, f1, c + lineStride);
    }

    private static void StorePair(TVector left, TVector right, int* c)
    {
        TLane.Store(left, c);
        TLane.Store(right, c + TLane.Width);
    }
}
