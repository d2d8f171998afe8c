using PoUW.Compute.Backends;

namespace PoUW.Compute.Gemm;

/// <summary>
/// The exact product on one thread, with its working memory. The loops from the outside: column blocks, k blocks, row blocks, panels of
/// two vectors of columns, and row blocks of registers. A panel of B is packed just before its first use. Not thread-safe.
/// </summary>
internal sealed unsafe class BlockProduct<TLane, TVector>(MicroKernelTable<TLane, TVector> kernels, GemmBlocking blocking) : IDisposable
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    private readonly ScratchBuffer _a = new();
    private readonly ScratchBuffer _b = new();
    private readonly ScratchBuffer _tile = new();

    private static int Panel => 2 * TLane.Width;

    /// <summary>Computes C.</summary>
    public void Multiply(in BlockOperands operands)
    {
        Plan plan = MakePlan(operands);
        for (int column = 0; column < operands.N; column += plan.Columns)
        {
            int columns = Math.Min(plan.Columns, operands.N - column);
            for (int k = 0; k < operands.K; k += plan.Depth)
            {
                int depth = Math.Min(plan.Depth, operands.K - k);
                for (int row = 0; row < operands.M; row += plan.Rows)
                {
                    RunBlock(operands, plan, new Block(row, Math.Min(plan.Rows, operands.M - row), column, columns, k, depth));
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _tile.Dispose();
    }

    private Plan MakePlan(in BlockOperands operands)
    {
        int depth = GemmBlocking.Balance(operands.K, blocking.Depth, TLane.Width);
        int rows = GemmBlocking.Balance(operands.M, blocking.Rows, TLane.Rows);
        int columns = GemmBlocking.Balance(operands.N, blocking.Columns, Panel);
        bool directA = (long)operands.M * operands.K <= blocking.DirectA;
        bool directB = !operands.TransposeB && (long)operands.N * operands.K <= blocking.DirectB;
        int panels = rows == operands.M ? 1 : (columns + Panel - 1) / Panel;
        return new Plan(
            depth,
            rows,
            columns,
            panels,
            directA,
            directB,
            directA ? null : Floats(_a, (long)rows * (operands.TransposeA ? depth : PanelPacker<TLane, TVector>.RowStride(depth))),
            Floats(_b, (long)panels * depth * Panel),
            Floats(_tile, TLane.Rows * Panel));
    }

    private static float* Floats(ScratchBuffer buffer, long count) => (float*)buffer.Reserve(count);

    private void RunBlock(in BlockOperands operands, in Plan plan, in Block block)
    {
        nint offset = 0;
        MicroCall call = new()
        {
            Offsets = &offset,
            Segments = 1,
            Length = block.Depth,
            Load = operands.Accumulate || block.K > 0,
            Last = block.K + block.Depth == operands.K,
        };
        PlaceA(operands, plan, block, ref call);
        float* a = call.A;
        for (int column = 0, panel = 0; column < block.Columns; column += Panel, panel++)
        {
            int columns = Math.Min(Panel, block.Columns - column);
            PlaceB(operands, plan, block, column, plan.Panels == 1 ? 0 : panel, ref call);
            call.A = a;
            call.C = operands.C + (block.Row * operands.StrideC) + block.Column + column;
            RunPanel(operands, plan, block, columns, ref call);
        }
    }

    private static void PlaceA(in BlockOperands operands, in Plan plan, in Block block, ref MicroCall call)
    {
        if (operands.TransposeA)
        {
            float* first = operands.A + (block.K * operands.StrideA) + block.Row;
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

        call.PlaceA(operands.A + (block.Row * operands.StrideA) + block.K, operands.StrideA, 1);
        if (!plan.DirectA)
        {
            PanelPacker<TLane, TVector>.Rows(call.A, operands.StrideA, block.Rows, block.Depth, plan.A);
            call.PlaceA(plan.A, PanelPacker<TLane, TVector>.RowStride(block.Depth), 1);
        }
    }

    private static void PlaceB(in BlockOperands operands, in Plan plan, in Block block, int column, int slot, ref MicroCall call)
    {
        int columns = Math.Min(Panel, block.Columns - column);
        nint first = block.Column + column;
        if (plan.DirectB && columns == Panel)
        {
            call.PlaceB(operands.B + (block.K * operands.StrideB) + first, operands.StrideB);
            return;
        }

        call.PlaceB(plan.B + ((nint)slot * block.Depth * Panel), Panel);
        if (block.Row > 0)
        {
            return; // Packed for the first row block.
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

    private void RunPanel(in BlockOperands operands, in Plan plan, in Block block, int columns, ref MicroCall call)
    {
        float* a = call.A;
        float* c = call.C;
        bool panels = operands.TransposeA && !plan.DirectA;
        int vectors = columns > TLane.Width ? 2 : 1;
        fixed (MicroCall* pinned = &call)
        {
            foreach ((int row, int rows) in new Split(block.Rows, TLane.Rows))
            {
                call.A = panels ? a + ((nint)row * block.Depth) : a + (row * call.RowStride);
                call.StepA = panels ? rows : call.StepA;
                float* target = c + (row * operands.StrideC);
                call.PlaceC(target, operands.StrideC);
                call.NextC = row + rows < block.Rows ? target + (rows * operands.StrideC) : c + Panel;
                if (columns == Panel || columns == TLane.Width)
                {
                    kernels[rows, vectors](pinned);
                    continue;
                }

                call.PlaceC(plan.Tile, Panel);
                Copy(target, operands.StrideC, plan.Tile, Panel, call.Load ? rows : 0, columns);
                kernels[rows, vectors](pinned);
                Copy(plan.Tile, Panel, target, operands.StrideC, rows, columns);
            }
        }
    }

    private static void Copy(float* source, nint sourceStride, float* destination, nint destinationStride, int rows, int columns)
    {
        for (int row = 0; row < rows; row++)
        {
            float* from = source + (row * sourceStride);
            new ReadOnlySpan<float>(from, columns).CopyTo(new Span<float>(destination + (row * destinationStride), columns));
        }
    }

    private readonly record struct Block(int Row, int Rows, int Column, int Columns, int K, int Depth);

    private readonly struct Plan(int depth, int rows, int columns, int panels, bool directA, bool directB, float* a, float* b, float* tile)
    {
        public readonly int Depth = depth;
        public readonly int Rows = rows;
        public readonly int Columns = columns;

        /// <summary>Slots for packed panels: one if each panel has only one row block to serve.</summary>
        public readonly int Panels = panels;
        public readonly bool DirectA = directA;
        public readonly bool DirectB = directB;
        public readonly float* A = a;
        public readonly float* B = b;
        public readonly float* Tile = tile;
    }
}
