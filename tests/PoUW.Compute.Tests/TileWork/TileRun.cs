using PoUW.Compute.TileWork;
using PoUW.Core.Work;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>One product through the working parts of the miner, without certificates: tiles that win, and the result.</summary>
internal sealed unsafe class TileRun : IDisposable
{
    private readonly TileProduct _product;

    public TileRun(TileKernel kernel, in TileWorkShape shape, sbyte[] a, sbyte[] b, WorkTemplate template, int columns = int.MaxValue)
    {
        // The fast trees: some tests run a product many times.
        var treeA = new MatrixTree();
        var treeB = new MatrixTree();
        treeA.Compute(a, shape.StoredRowsA, shape.StoredColumnsA);
        treeB.Compute(b, shape.StoredRowsB, shape.StoredColumnsB);
        C = new int[shape.M * shape.N];
        _product = new TileProduct(kernel);
        var worker = new TileWorker();
        fixed (sbyte* left = a, right = b)
        fixed (int* result = C)
        {
            _product.Begin(shape, left, right, result);
            _product.Seed(template, treeA.Tag, treeB.Tag);
            for (int row = 0; row < shape.TileRows; row++)
            {
                _product.PackA(worker.Packer, row);
            }

            int block = TileWorker.BlockTiles(shape.PaddedK);
            columns = Math.Min(columns, shape.TileColumns);
            for (int column = 0; column < columns; column += block)
            {
                worker.Run(_product, column, Math.Min(block, columns - column));
            }
        }

        Tickets = worker.Tickets;
        Tiles = [.. worker.Wins.OrderBy(static w => (w.TileColumn, w.TileRow, w.Segment))];
    }

    public TileProduct Product => _product;

    public IReadOnlyList<WinningTile> Tiles { get; }

    public long Tickets { get; }

    public int[] C { get; }

    public void Dispose() => _product.Dispose();
}
