using PoUW.Compute.Backends;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>
/// The exact product on one thread, with its working memory. The loops from the outside: areas of C, blocks of k, blocks of rows, panels
/// of two vectors of columns, and blocks of rows in registers (the scheme of Goto and van de Geijn, "Anatomy of High-Performance Matrix
/// Multiplication", 2008). A panel of B is packed just before its first use, and the sums between blocks of k are kept in the order of
/// use: in C, with a row stride of a power of two, they would compete for a few cache sets. Not thread-safe.
/// </summary>
internal sealed unsafe class BlockProduct<TLane, TVector>(MicroKernelTable<TLane, TVector> kernels, GemmBlocking blocking) : IDisposable
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    private readonly ScratchBuffer _a = new();
    private readonly ScratchBuffer _b = new();
    private readonly ScratchBuffer _partial = new();

    private static int Panel => 2 * TLane.Width;

    /// <summary>Computes C.</summary>
    public void Multiply(in BlockOperands operands)
    {
        Plan plan = MakePlan(operands);
        for (int column = 0; column < operands.N; column += plan.AreaColumns)
        {
            int columns = Math.Min(plan.AreaColumns, operands.N - column);
            for (int row = 0; row < operands.M; row += plan.AreaRows)
            {
                RunArea(operands, plan, new Area(row, Math.Min(plan.AreaRows, operands.M - row), column, columns));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _partial.Dispose();
    }

    private static float* Floats(ScratchBuffer buffer, long count) => (float*)buffer.Reserve(count);

    private Plan MakePlan(in BlockOperands operands)
    {
        int depth = GemmBlocking.Balance(operands.K, blocking.Depth, TLane.Width);
        int areaRows = GemmBlocking.Balance(operands.M, blocking.Area, TLane.Rows);
        int areaColumns = GemmBlocking.Balance(operands.N, blocking.Area, Panel);
        int rows = GemmBlocking.Balance(areaRows, blocking.Rows, TLane.Rows);
        bool directA = operands.N <= blocking.Reuse || (long)operands.M * operands.K <= blocking.DirectA;
        bool directB = !operands.TransposeB && (operands.M <= blocking.Reuse || (long)operands.N * operands.K <= blocking.DirectB);
        long panels = (areaColumns + Panel - 1) / Panel;
        int strideA = operands.TransposeA ? depth : PanelPacker<TLane, TVector>.RowStride(depth);
        bool single = depth == operands.K;
        return new Plan
        {
            Depth = depth,
            Rows = rows,
            AreaRows = areaRows,
            AreaColumns = areaColumns,
            DirectA = directA,
            DirectB = directB,
            A = directA ? null : Floats(_a, (long)rows * strideA),
            B = Floats(_b, (rows == areaRows ? 1 : panels) * depth * Panel),
            StepB = rows == areaRows ? 0 : (nint)depth * Panel,
            Partial = Floats(_partial, single ? TLane.Rows * Panel : panels * areaRows * Panel),
            PartialPanel = single ? 0 : (nint)areaRows * Panel,
            PartialRow = single ? 0 : Panel,
        };
    }

    private void RunArea(in BlockOperands operands, in Plan plan, in Area area)
    {
        for (int k = 0; k < operands.K; k += plan.Depth)
        {
            int depth = Math.Min(plan.Depth, operands.K - k);
            for (int row = 0; row < area.Rows; row += plan.Rows)
            {
                RunBlock(operands, plan, new Block(area, row, Math.Min(plan.Rows, area.Rows - row), k, depth));
            }
        }
    }

    private void RunBlock(in BlockOperands operands, in Plan plan, in Block block)
    {
        nint offset = 0;
        MicroCall call = new()
        {
            Offsets = &offset,
            Segments = 1,
            Length = block.Depth,
            Last = block.K + block.Depth == operands.K,
        };
        PlaceA(operands, plan, block, ref call);
        float* a = call.A;
        for (int column = 0; column < block.Area.Columns; column += Panel)
        {
            PlaceB(operands, plan, block, column, ref call);
            call.A = a;
            RunPanel(operands, plan, block, column, ref call);
        }
    }

    private static void PlaceA(in BlockOperands operands, in Plan plan, in Block block, ref MicroCall call)
    {
        if (operands.TransposeA)
        {
            float* first = operands.A + (block.K * operands.StrideA) + block.FirstRow;
            call.PlaceA(first, 1, operands.StrideA);
            if (!plan.DirectA)
            {
                call.A = plan.A;
                foreach ((int row, int rows) in new Split(block.Rows, TLane.Rows))
                {
                    PanelPacker<TLane, TVector>.TransposedRows(first + row, operands.StrideA, rows, block.Depth, plan.A + ((nint)row * block.Depth));
                }
            }

            return;
        }

        call.PlaceA(operands.A + (block.FirstRow * operands.StrideA) + block.K, operands.StrideA, 1);
        if (!plan.DirectA)
        {
            PanelPacker<TLane, TVector>.Rows(call.A, operands.StrideA, block.Rows, block.Depth, plan.A);
            call.PlaceA(plan.A, PanelPacker<TLane, TVector>.RowStride(block.Depth), 1);
        }
    }

    private static void PlaceB(in BlockOperands operands, in Plan plan, in Block block, int column, ref MicroCall call)
    {
        int columns = Math.Min(Panel, block.Area.Columns - column);
        nint first = block.Area.Column + column;
        if (plan.DirectB && columns == Panel)
        {
            call.PlaceB(operands.B + (block.K * operands.StrideB) + first, operands.StrideB);
            return;
        }

        call.PlaceB(plan.B + (column / Panel * plan.StepB), Panel);
        if (block.Row > 0)
        {
            return; // Packed for the first row block of the area.
        }

        if (operands.TransposeB)
        {
            float* source = operands.B + (first * operands.StrideB) + block.K;
            PanelPacker<TLane, TVector>.TransposedColumns(source, operands.StrideB, columns, block.Depth, call.B);
        }
        else
        {
            float* source = operands.B + (block.K * operands.StrideB) + first;
            PanelPacker<TLane, TVector>.Columns(source, operands.StrideB, columns, block.Depth, call.B);
        }
    }

    private void RunPanel(in BlockOperands operands, in Plan plan, in Block block, int column, ref MicroCall call)
    {
        int columns = Math.Min(Panel, block.Area.Columns - column);
        int vectors = columns > TLane.Width ? 2 : 1;
        bool edge = columns != vectors * TLane.Width;
        bool packed = operands.TransposeA && !plan.DirectA;
        nint strideC = operands.StrideC;
        float* a = call.A;
        float* c = operands.C + (block.FirstRow * strideC) + block.Area.Column + column;
        float* partial = plan.Partial + (column / Panel * plan.PartialPanel) + (block.Row * plan.PartialRow);
        fixed (MicroCall* pinned = &call)
        {
            foreach ((int row, int rows) in new Split(block.Rows, TLane.Rows))
            {
                float* tile = partial + (row * plan.PartialRow);
                float* target = c + (row * strideC);
                call.A = packed ? a + ((nint)row * block.Depth) : a + (row * call.RowStride);
                call.StepA = packed ? rows : call.StepA;
                if (edge && block.K == 0 && operands.Accumulate)
                {
                    PanelPacker<TLane, TVector>.Lines(target, strideC, tile, Panel, rows, columns);
                }

                PlaceStart(operands, block, edge, target, tile, ref call);
                call.PlaceC(call.Last && !edge ? target : tile, call.Last && !edge ? strideC : Panel);
                call.NextC = row + rows < block.Rows ? target + (rows * strideC) : c + Panel;
                call.NextStart = call.Start + (rows * call.StartStride);
                kernels[rows, vectors](pinned);
                if (edge && call.Last)
                {
                    PanelPacker<TLane, TVector>.Lines(tile, Panel, target, strideC, rows, columns);
                }
            }
        }
    }

    private static void PlaceStart(in BlockOperands operands, in Block block, bool edge, float* target, float* tile, ref MicroCall call)
    {
        if (block.K == 0 && !operands.Accumulate)
        {
            call.PlaceStart(null, 0);
        }
        else if (block.K == 0 && !edge)
        {
            call.PlaceStart(target, operands.StrideC);
        }
        else
        {
            call.PlaceStart(tile, Panel);
        }
    }

    private readonly record struct Area(int Row, int Rows, int Column, int Columns);

    /// <summary>Row is counted from the area's first.</summary>
    private readonly record struct Block(Area Area, int Row, int Rows, int K, int Depth)
    {
        public int FirstRow => Area.Row + Row;
    }

    private struct Plan
    {
        public int Depth;
        public int Rows;
        public int AreaRows;
        public int AreaColumns;
        public bool DirectA;
        public bool DirectB;
        public float* A;
        public float* B;

        /// <summary>From packed panel to packed panel; 0 if each panel serves one row block only and is not kept.</summary>
        public nint StepB;

        /// <summary>The sums between k blocks, panel by panel, so that neighbours in time are neighbours in memory.</summary>
        public float* Partial;
        public nint PartialPanel;
        public nint PartialRow;
    }
}
