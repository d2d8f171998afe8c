using PoUW.Compute.Backends;
using PoUW.Compute.Threading;
using PoUW.Core;
using PoUW.Core.Jobs;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Multiplies two int8 matrices exactly and draws a lottery ticket from every tile on the way: commits the operands, adds noise, multiplies
/// with snapshots, scans the tickets and takes the noise off again. One call at a time; the counters may be read from any thread. Its
/// buffers grow to the largest product and are reused. Tickets do not depend on the kernel or the number of threads.
/// </summary>
public sealed unsafe class TileWorkMiner : IDisposable
{
    private readonly MatrixTree _treeA = new();
    private readonly MatrixTree _treeB = new();
    private readonly TileProduct _product;
    private readonly ThreadTeam _team;
    private readonly TileWorker[] _workers;
    private readonly List<WinningTile> _wins = [];
    private ExclusiveUse _use;
    private long _ticketsDrawn;
    private long _macsTicketed;
    private long _certificatesFound;

    /// <summary>Picks a kernel and tests it against the pinned vector and at the ends of the number range.</summary>
    /// <param name="kind">The kernel; <see cref="TileKernelKind.Auto"/> takes the next slower one where one fails its test.</param>
    /// <param name="threads">Threads that share a product, the caller's included.</param>
    /// <exception cref="PouwException">The kernel asked for is not available here, or gives wrong results.</exception>
    public TileWorkMiner(TileKernelKind kind = TileKernelKind.Auto, int threads = 1)
        : this(TileKernels.Choose(kind), threads)
    {
    }

    /// <summary>For the self-test and for tests: takes the kernel as it is.</summary>
    internal TileWorkMiner(TileKernel kernel)
        : this((kernel, TileKernelKind.Auto), 1)
    {
    }

    private TileWorkMiner((TileKernel Kernel, TileKernelKind Kind) chosen, int threads)
    {
        Kernel = chosen.Kind;
        _product = new TileProduct(chosen.Kernel);
        _team = new ThreadTeam(threads);
        _workers = [.. Enumerable.Range(0, threads).Select(static _ => new TileWorker())];
    }

    /// <summary>The kernel in use.</summary>
    public TileKernelKind Kernel { get; }

    /// <summary>Threads that share a product, the caller's included.</summary>
    public int Threads => _team.Size;

    /// <summary>Tickets drawn so far.</summary>
    public long TicketsDrawn => Interlocked.Read(ref _ticketsDrawn);

    /// <summary>Padded multiply-accumulates behind those tickets.</summary>
    public long MacsTicketed => Interlocked.Read(ref _macsTicketed);

    /// <summary>Winning tickets found so far.</summary>
    public long CertificatesFound => Interlocked.Read(ref _certificatesFound);

    /// <summary>
    /// True if our rules let a product draw tickets: true inner dimension at least 512, outer ones at least 32, within the consensus limits,
    /// all operands in [-63, 63].
    /// </summary>
    public static bool IsEligible(in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b) =>
        IsEligible(shape) && IsInMinedRange(a) && IsInMinedRange(b);

    /// <summary>Multiplies and draws. The result equals A * B exactly, whatever the tickets.</summary>
    /// <param name="shape">True dimensions, within the consensus limits.</param>
    /// <param name="a">Stored A, row-major, entries in [-64, 63].</param>
    /// <param name="b">Stored B, row-major, entries in [-64, 63].</param>
    /// <param name="c">Receives M x N sums.</param>
    /// <param name="template">What to mine on.</param>
    /// <param name="sink">Gets every winning certificate, after our own scalar verification, on this thread.</param>
    /// <exception cref="ArgumentException">The shape is not valid, a span has the wrong length, or an entry is out of range.</exception>
    /// <exception cref="InvalidOperationException">Another call runs.</exception>
    /// <exception cref="PouwException">An own certificate fails verification.</exception>
    public void Multiply(
        in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c, WorkTemplate template, ITicketSink sink)
    {
        CheckArguments(shape, a, b, c);
        CheckRange(a, nameof(a));
        CheckRange(b, nameof(b));
        _use.Enter(this);
        try
        {
            _treeA.Compute(a, shape.StoredRowsA, shape.StoredColumnsA);
            _treeB.Compute(b, shape.StoredRowsB, shape.StoredColumnsB);
            Run(new MiningOperation(shape, a, _treeA, b, _treeB, sink), c, template, null);
        }
        finally
        {
            _use.Exit();
        }
    }

    /// <summary>The same with commitments that the caller made of exactly these operands, on templates that may change meanwhile.</summary>
    /// <param name="operation">Operands, their commitments and the sink.</param>
    /// <param name="c">Receives M x N sums.</param>
    /// <param name="template">What to mine on first.</param>
    /// <param name="templates">Asked now and then whether the template is still on the head, and for another one if not.</param>
    /// <returns>The last template that was mined on.</returns>
    internal WorkTemplate Multiply(in MiningOperation operation, Span<int> c, WorkTemplate template, IWorkTemplateSource templates)
    {
        CheckArguments(operation.Shape, operation.A, operation.B, c);
        _use.Enter(this);
        try
        {
            return Run(operation, c, template, templates);
        }
        finally
        {
            _use.Exit();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_use.TryEnd(this))
        {
            _product.Dispose();
            _team.Dispose();
        }
    }

    /// <summary>The part of the rules that depends on the dimensions.</summary>
    internal static bool IsEligible(in TileWorkShape shape) => WorkPlan.Admits(shape);

    /// <summary>The part of the rules that depends on the entries.</summary>
    internal static bool IsInMinedRange(ReadOnlySpan<sbyte> operand)
    {
        const sbyte limit = TileWorkParameters.MaxMinedMagnitude;
        return !operand.ContainsAnyExceptInRange((sbyte)-limit, limit);
    }

    /// <summary>Columns of tiles of a block: as many as the cache holds, or fewer where that gives all threads the same to do.</summary>
    internal static int BlockTiles(in TileWorkShape shape, int threads)
    {
        int most = TileWorker.BlockTiles(shape.PaddedK);
        int rounds = (shape.TileColumns + (most * threads) - 1) / (most * threads);
        return threads == 1 ? most : (shape.TileColumns + (rounds * threads) - 1) / (rounds * threads);
    }

    private static void CheckArguments(in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
    {
        ValidationResult valid = shape.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(shape));
        }

        if (a.Length != (long)shape.M * shape.K || b.Length != (long)shape.K * shape.N || c.Length != (long)shape.M * shape.N)
        {
            throw new ArgumentException($"The operands do not fit {shape}.", nameof(a));
        }
    }

    // With noise, other entries do not fit 8 bits: the product would be wrong.
    private static void CheckRange(ReadOnlySpan<sbyte> operand, string name)
    {
        const sbyte least = TileWorkParameters.MinOperand, most = TileWorkParameters.MaxOperand;
        if (operand.ContainsAnyExceptInRange(least, most))
        {
            throw new ArgumentException($"The operand has an entry outside of [{least}, {most}].", name);
        }
    }

    private WorkTemplate Run(in MiningOperation operation, Span<int> c, WorkTemplate template, IWorkTemplateSource? templates)
    {
        TileWorkShape shape = operation.Shape;
        foreach (TileWorker worker in _workers)
        {
            worker.Clear(); // A product that broke off left its tiles.
        }

        fixed (sbyte* a = operation.A, b = operation.B)
        fixed (int* result = c)
        {
            _product.Begin(shape, a, b, result);
            Seed(operation, template);
            bool drawing = true;
            int blockTiles = BlockTiles(shape, _team.Size);
            for (int column = 0; column < shape.TileColumns; column += blockTiles * _team.Size)
            {
                int end = Math.Min(shape.TileColumns, column + (blockTiles * _team.Size));
                _team.Run((end - column + blockTiles - 1) / blockTiles, new BlockJob(_product, _workers, column, end, blockTiles));

                // A round of blocks, one a thread, is how long a stale template may be worked on.
                bool current = drawing && (templates is null || templates.IsCurrent(template));
                Collect(operation, template, current, (end - column) * (shape.PaddedMacs / shape.TileColumns));
                if (drawing && !current && end < shape.TileColumns)
                {
                    // Without another template the noise of the old one serves for the rest of the product.
                    WorkTemplate? next = templates!.Current;
                    drawing = next is not null;
                    template = next ?? template;
                    if (drawing)
                    {
                        Seed(operation, template);
                    }
                }
            }
        }

        return template;
    }

    private void Seed(in MiningOperation operation, WorkTemplate template)
    {
        _product.Seed(template, operation.TreeA.Tag, operation.TreeB.Tag);
        int parts = Math.Min(_team.Size, _product.Shape.TileRows);
        _team.Run(parts, new RowJob(_product, _workers, parts));
    }

    // In the order of the tiles, whoever drew them.
    private void Collect(in MiningOperation operation, WorkTemplate template, bool current, long macs)
    {
        _wins.Clear();
        long tickets = 0;
        foreach (TileWorker worker in _workers)
        {
            _wins.AddRange(worker.Wins);
            tickets += worker.Tickets;
            worker.Clear();
        }

        if (!current)
        {
            return; // Tickets on a parent that is no longer the head.
        }

        Interlocked.Add(ref _ticketsDrawn, tickets);
        Interlocked.Add(ref _macsTicketed, macs);
        _wins.Sort(static (x, y) =>
            (x.TileColumn, x.TileRow, x.Segment).CompareTo((y.TileColumn, y.TileRow, y.Segment)));
        foreach (WinningTile win in _wins)
        {
            Certify(operation, template, win);
        }
    }

    private void Certify(in MiningOperation operation, WorkTemplate template, WinningTile win)
    {
        // By the definition: what is slow about it does not matter here, and a fault of the vector path cannot hide a fault of the kernel.
        WorkCertificate certificate = operation.Certify(template, win);
        ValidationResult result = WorkVerifier.VerifyScalar(template, certificate, out Core.Primitives.Hash256 ticket);
        if (!result.IsValid || ticket != win.Ticket)
        {
            throw new PouwException($"A winning tile of our own fails verification: {result}. The kernel or the memory of this machine is faulty.");
        }

        Interlocked.Increment(ref _certificatesFound);
        operation.Sink.Submit(template, certificate);
    }

    /// <summary>Packs the rows of A.</summary>
    private readonly struct RowJob(TileProduct product, TileWorker[] workers, int parts) : ITeamJob
    {
        public void Execute(int part, int participant)
        {
            int rows = product.Shape.TileRows;
            for (int row = rows * part / parts; row < rows * (part + 1) / parts; row++)
            {
                product.PackA(workers[participant].Packer, row);
            }
        }
    }

    /// <summary>Multiplies blocks of columns.</summary>
    private readonly struct BlockJob(TileProduct product, TileWorker[] workers, int first, int end, int blockTiles) : ITeamJob
    {
        public void Execute(int part, int participant)
        {
            int column = first + (part * blockTiles);
            workers[participant].Run(product, column, Math.Min(blockTiles, end - column));
        }
    }
}
