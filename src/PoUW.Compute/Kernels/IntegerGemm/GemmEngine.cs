using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using PoUW.Compute.Backends;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.IntegerGemm;

/// <summary>
/// The int8 product: for every block of k, B is packed in panels of two vectors that stay in the first cache, A in rows that stay in the
/// second, and 6 x 2 vectors of accumulators run over k. Integer sums do not depend on the order, so all lanes give the same bits. The
/// blocking is that of Goto and van de Geijn, "Anatomy of high-performance matrix multiplication" (2008). Not thread-safe.
/// </summary>
internal sealed unsafe class GemmEngine<TLane, TVector> : IGemmEngine
    where TLane : struct, IDotLane<TVector>
    where TVector : unmanaged
{
    private const int Group = 4;
    private const int TileRows = 6;
    private const int InnerBytes = 1024;
    private const int BlockRows = 192;
    private const int BlockColumns = 4096;
    private const int LineInts = 16;

    private readonly ScratchBuffer _a = new();
    private readonly ScratchBuffer _b = new();
    private readonly ScratchBuffer _bias = new();
    private readonly ScratchBuffer _tile = new();

    private static int Panel => 2 * TLane.Width;

    private static int IntsPerGroup => TLane.Wide ? 2 : 1;

    public bool Multiply(in MatMulShape shape, in OutputRegion region, sbyte* a, sbyte* b, int* c)
    {
        PackSource left = new(a, shape.TransposeA ? shape.K : shape.M, shape.TransposeA ? shape.M : shape.K, shape.TransposeA);
        PackSource right = new(b, shape.TransposeB ? shape.N : shape.K, shape.TransposeB ? shape.K : shape.N, !shape.TransposeB);
        int inner = InnerBlock(shape.K);
        for (int column = 0; column < region.Columns; column += BlockColumns)
        {
            int columns = Math.Min(BlockColumns, region.Columns - column);
            for (int k = 0; k < shape.K; k += inner)
            {
                int count = Math.Min(inner, shape.K - k);
                int depth = Depth(count);
                int panels = (columns + Panel - 1) / Panel;
                PanelTarget target = new(_b.Reserve((long)panels * PanelTarget.PanelInts(Panel, depth)), Panel, depth);
                if (!ColumnPacker.Pack<TLane>(right, region.Column + column, columns, k, count, target))
                {
                    return false;
                }

                OutputRegion block = new(region.Row, region.Rows, region.Column + column, columns);
                if (!RunRows(left, block, k, count, target, c, shape.N))
                {
                    return false;
                }
            }
        }

        return true;
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _bias.Dispose();
        _tile.Dispose();
    }

    /// <summary>Equal blocks of k, whole chunks of the packers.</summary>
    private static int InnerBlock(int k)
    {
        int limit = InnerBytes / IntsPerGroup;
        int blocks = (k + limit - 1) / limit;
        return RowPacker.Padded((k + blocks - 1) / blocks);
    }

    /// <summary>Rows of ints of a panel, in whole square blocks of the packer.</summary>
    private static int Depth(int count) => (count + ByteBlocks.Edge - 1) / ByteBlocks.Edge * (ByteBlocks.Edge / Group) * IntsPerGroup;

    private bool RunRows(in PackSource left, in OutputRegion region, int k, int count, in PanelTarget panels, int* c, nint lineStride)
    {
        // One line more than needed, so that rows of a power of two do not compete for the same set of the cache.
        nint rowStride = (RowPacker.Padded(count) / Group * IntsPerGroup) + LineInts;
        int most = Math.Min(BlockRows, region.Rows) + ByteBlocks.Edge;
        int* packed = _a.Reserve(most * rowStride);
        int* bias = _bias.Reserve(most);
        for (int row = 0; row < region.Rows; row += BlockRows)
        {
            int rows = Math.Min(BlockRows, region.Rows - row);
            RowPacker.Pack<TLane>(left, region.Row + row, rows, k, count, packed, rowStride);
            if (TLane.Offset != 0 && !RowPacker.Sum(packed, rows, rowStride, count, -TLane.Offset, bias) && TLane.Narrow)
            {
                return false;
            }

            int* target = c + ((region.Row + row) * lineStride) + region.Column;
            RunPanels(new Block(packed, rowStride, rows, bias, Steps(count), k > 0), panels, region.Columns, target, lineStride);
        }

        return true;
    }

    private static nint Steps(int count)
    {
        int ints = (count + Group - 1) / Group * IntsPerGroup;
        return (ints + TLane.Step - 1) / TLane.Step;
    }

    private void RunPanels(in Block block, in PanelTarget panels, int columns, int* c, nint lineStride)
    {
        int* tile = _tile.Reserve(TileRows * Panel);
        for (int column = 0; column < columns; column += Panel)
        {
            int* b = panels.At(column, 0);
            int width = Math.Min(Panel, columns - column);
            for (int row = 0; row < block.Rows; row += TileRows)
            {
                int rows = Math.Min(TileRows, block.Rows - row);
                int* target = c + (row * lineStride) + column;
                if (width == Panel && rows == TileRows)
                {
                    Prefetch(target, lineStride);
                    Tile(block, row, b, target, lineStride, block.Add);
                    continue;
                }

                if (width > TLane.Width)
                {
                    Tile(block, row, b, tile, Panel, false);
                }
                else
                {
                    HalfTile(block, row, b, tile);
                }

                CopyEdge(tile, rows, width, target, lineStride, block.Add);
            }
        }
    }

    /// <summary>Fetches the lines of C while the sums are still being computed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(int* c, nint lineStride)
    {
        for (int row = 0; row < TileRows && Sse.IsSupported; row++, c += lineStride)
        {
            Sse.Prefetch0(c);
            Sse.Prefetch0(c + Panel - 1);
        }
    }

    private static void CopyEdge(int* tile, int rows, int width, int* c, nint lineStride, bool add)
    {
        for (int row = 0; row < rows; row++, tile += Panel, c += lineStride)
        {
            if (!add)
            {
                new Span<int>(tile, width).CopyTo(new Span<int>(c, width));
                continue;
            }

            for (int i = 0; i < width; i++)
            {
                c[i] = unchecked(c[i] + tile[i]); // Sums are modulo 2^32.
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(in Block block, int row, int* b, int* c, nint lineStride, bool add)
    {
        TVector a0 = default, b0 = default, c0 = default, d0 = default, e0 = default, f0 = default;
        TVector a1 = default, b1 = default, c1 = default, d1 = default, e1 = default, f1 = default;
        nint stride = block.Stride;
        int* a = block.Packed + (row * stride);
        unchecked // Pointers stay inside the packed operands.
        {
            for (int* end = a + (block.Steps * TLane.Step); a < end; a += TLane.Step, b += TLane.Step * 2 * TLane.Width)
            {
                TVector y0 = TLane.Load(b);
                TVector y1 = TLane.Load(b + TLane.Width);
                TVector z0 = TLane.Step == 2 ? TLane.Load(b + (2 * TLane.Width)) : y0;
                TVector z1 = TLane.Step == 2 ? TLane.Load(b + (3 * TLane.Width)) : y1;
                int* low = a + (3 * stride);
                TVector x = TLane.Broadcast(*a);
                TVector w = Second(a, x);
                a0 = TLane.Accumulate(a0, x, w, y0, z0);
                a1 = TLane.Accumulate(a1, x, w, y1, z1);
                x = TLane.Broadcast(a[stride]);
                w = Second(a + stride, x);
                b0 = TLane.Accumulate(b0, x, w, y0, z0);
                b1 = TLane.Accumulate(b1, x, w, y1, z1);
                x = TLane.Broadcast(a[2 * stride]);
                w = Second(a + (2 * stride), x);
                c0 = TLane.Accumulate(c0, x, w, y0, z0);
                c1 = TLane.Accumulate(c1, x, w, y1, z1);
                x = TLane.Broadcast(*low);
                w = Second(low, x);
                d0 = TLane.Accumulate(d0, x, w, y0, z0);
                d1 = TLane.Accumulate(d1, x, w, y1, z1);
                x = TLane.Broadcast(low[stride]);
                w = Second(low + stride, x);
                e0 = TLane.Accumulate(e0, x, w, y0, z0);
                e1 = TLane.Accumulate(e1, x, w, y1, z1);
                x = TLane.Broadcast(low[2 * stride]);
                w = Second(low + (2 * stride), x);
                f0 = TLane.Accumulate(f0, x, w, y0, z0);
                f1 = TLane.Accumulate(f1, x, w, y1, z1);
            }
        }

        int* bias = block.Bias + row;
        Finish(a0, a1, bias, c, add);
        Finish(b0, b1, bias + 1, c += lineStride, add);
        Finish(c0, c1, bias + 2, c += lineStride, add);
        Finish(d0, d1, bias + 3, c += lineStride, add);
        Finish(e0, e1, bias + 4, c += lineStride, add);
        Finish(f0, f1, bias + 5, c + lineStride, add);
    }

    /// <summary>The left half of a tile, for a last panel that has no more columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void HalfTile(in Block block, int row, int* b, int* tile)
    {
        TVector s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        nint stride = block.Stride;
        int* a = block.Packed + (row * stride);
        unchecked // Pointers stay inside the packed operands.
        {
            for (int* end = a + (block.Steps * TLane.Step); a < end; a += TLane.Step, b += TLane.Step * 2 * TLane.Width)
            {
                TVector y = TLane.Load(b);
                TVector z = TLane.Step == 2 ? TLane.Load(b + (2 * TLane.Width)) : y;
                int* low = a + (3 * stride);
                s0 = Single(s0, a, y, z);
                s1 = Single(s1, a + stride, y, z);
                s2 = Single(s2, a + (2 * stride), y, z);
                s3 = Single(s3, low, y, z);
                s4 = Single(s4, low + stride, y, z);
                s5 = Single(s5, low + (2 * stride), y, z);
            }
        }

        int* bias = block.Bias + row;
        FinishOne(s0, bias, tile, false);
        FinishOne(s1, bias + 1, tile += Panel, false);
        FinishOne(s2, bias + 2, tile += Panel, false);
        FinishOne(s3, bias + 3, tile += Panel, false);
        FinishOne(s4, bias + 4, tile += Panel, false);
        FinishOne(s5, bias + 5, tile + Panel, false);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Second(int* a, TVector first) => TLane.Step == 2 ? TLane.Broadcast(a[1]) : first;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector Single(TVector sum, int* a, TVector b0, TVector b1)
    {
        TVector x = TLane.Broadcast(*a);
        return TLane.Accumulate(sum, x, Second(a, x), b0, b1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(TVector left, TVector right, int* bias, int* c, bool add)
    {
        FinishOne(left, bias, c, add);
        FinishOne(right, bias, c + TLane.Width, add);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishOne(TVector sum, int* bias, int* c, bool add)
    {
        if (TLane.Offset != 0)
        {
            sum = TLane.Add(sum, TLane.Broadcast(*bias));
        }

        TLane.Store(add ? TLane.Add(sum, TLane.Load(c)) : sum, c);
    }

    /// <summary>A packed block of A.</summary>
    private readonly struct Block(int* packed, nint stride, int rows, int* bias, nint steps, bool add)
    {
        /// <summary>The rows.</summary>
        public readonly int* Packed = packed;

        /// <summary>Ints from row to row.</summary>
        public readonly nint Stride = stride;

        /// <summary>Rows that exist.</summary>
        public readonly int Rows = rows;

        /// <summary>One int a row, added to its sums.</summary>
        public readonly int* Bias = bias;

        /// <summary>Accumulations along k.</summary>
        public readonly nint Steps = steps;

        /// <summary>True if C holds the sums of earlier k.</summary>
        public readonly bool Add = add;
    }
}
