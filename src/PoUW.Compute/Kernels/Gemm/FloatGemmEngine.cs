using PoUW.Compute.Threading;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>Splits products over a team by rows, columns and items of the batch, never by k.</summary>
internal sealed unsafe class FloatGemmEngine<TLane, TVector> : IFloatGemmEngine
    where TLane : struct, IFmaLane<TVector>
    where TVector : unmanaged
{
    /// <summary>
    /// A participant gets two parts if they have this many times the least work, so that one that starts late does not keep the others
    /// waiting.
    /// </summary>
    private const long FineFactor = 4;

    private readonly BlockProduct<TLane, TVector>[] _blocks;
    private readonly long _leastPart;

    public FloatGemmEngine(int participants, GemmBlocking blocking)
    {
        _leastPart = blocking.Part;
        MicroKernelTable<TLane, TVector> kernels = new();
        _blocks = new BlockProduct<TLane, TVector>[participants];
        for (int i = 0; i < participants; i++)
        {
            _blocks[i] = new BlockProduct<TLane, TVector>(kernels, blocking);
        }
    }

    public void Multiply(in FloatProduct product, float* a, float* b, float* c, ThreadTeam team)
    {
        Job job = new() { Blocks = _blocks, Product = product, A = a, B = b, C = c, RowParts = 1, ColumnParts = 1 };
        if (team.Size == 1 || product.Count * product.Shape.MacCount < 2 * _leastPart)
        {
            for (int item = 0; item < product.Count; item++)
            {
                job.Execute(item, 0);
            }

            return;
        }

        (job.RowParts, job.ColumnParts) = Grid(product, team.Size);
        team.Run(product.Count * job.RowParts * job.ColumnParts, job);
    }

    public void Dispose()
    {
        foreach (BlockProduct<TLane, TVector> block in _blocks)
        {
            block.Dispose();
        }
    }

    /// <summary>
    /// How one product is split: enough parts that the batch divides evenly over the team, cut so that the packing, about one step for
    /// each element of A and column part, and B and row part, is least.
    /// </summary>
    private (int Rows, int Columns) Grid(in FloatProduct product, int size)
    {
        MatMulShape shape = product.Shape;
        bool fine = product.Count * shape.MacCount >= 2 * size * FineFactor * _leastPart;
        int parts = fine ? 2 * size : size;
        long wanted = Math.Min(parts / Gcd(parts, product.Count), shape.MacCount / _leastPart);
        (int bestRows, int bestColumns, double bestCost) = (1, 1, double.PositiveInfinity);
        for (int rows = 1; rows <= wanted; rows++)
        {
            if (wanted % rows != 0)
            {
                continue;
            }

            int columns = (int)(wanted / rows);
            double rowsEach = Math.Ceiling(Math.Ceiling((double)shape.M / TLane.Rows) / rows) * TLane.Rows;
            double columnsEach = Math.Ceiling(Math.Ceiling((double)shape.N / (2 * TLane.Width)) / columns) * 2 * TLane.Width;
            double cost = (rowsEach * columnsEach) + (TLane.Width * (rowsEach + columnsEach));
            if (cost < bestCost)
            {
                (bestRows, bestColumns, bestCost) = (rows, columns, cost);
            }
        }

        return (bestRows, bestColumns);
    }

    private static int Gcd(int x, int y) => y == 0 ? x : Gcd(y, x % y);

    private struct Job : ITeamJob
    {
        public BlockProduct<TLane, TVector>[] Blocks;
        public FloatProduct Product;
        public float* A;
        public float* B;
        public float* C;
        public int RowParts;
        public int ColumnParts;

        public readonly void Execute(int part, int participant)
        {
            MatMulShape shape = Product.Shape;
            int grid = RowParts * ColumnParts;
            int item = part / grid;
            (int row, int rows) = Range(shape.M, TLane.Rows, part % grid / ColumnParts, RowParts);
            (int column, int columns) = Range(shape.N, 2 * TLane.Width, part % ColumnParts, ColumnParts);
            if (rows == 0 || columns == 0)
            {
                return; // More parts than register blocks.
            }

            nint stepA = shape.TransposeA ? 1 : Product.RowStrideA;
            nint stepB = shape.TransposeB ? Product.RowStrideB : 1;
            BlockOperands operands = new()
            {
                M = rows,
                K = shape.K,
                N = columns,
                A = A + (item * Product.ItemStrideA) + (row * stepA),
                StrideA = Product.RowStrideA,
                TransposeA = shape.TransposeA,
                B = B + (item * Product.ItemStrideB) + (column * stepB),
                StrideB = Product.RowStrideB,
                TransposeB = shape.TransposeB,
                C = C + (item * Product.ItemStrideC) + ((nint)row * Product.RowStrideC) + column,
                StrideC = Product.RowStrideC,
                Accumulate = Product.Accumulate,
            };
            Blocks[participant].Multiply(operands);
        }

        /// <summary>Part <paramref name="index"/> of the units of a dimension; may be empty.</summary>
        private static (int Start, int Count) Range(int length, int unit, int index, int parts)
        {
            long units = (length + unit - 1) / unit;
            int start = (int)Math.Min(length, units * index / parts * unit);
            int end = (int)Math.Min(length, units * (index + 1) / parts * unit);
            return (start, end - start);
        }
    }
}
