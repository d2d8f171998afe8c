using PoUW.Core.Work;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TileWork;

/// <summary>
/// A tensor backend that mines: eligible products are done as tile work, on the template of their operation if they belong to a unit and the
/// source has one, else on the current template; all others go to the inner backend. A tensor that several products share is committed once.
/// Results are the same bits either way. Used by one machine, hence one thread, at a time; the properties may be read from any thread.
/// </summary>
public sealed class TileWorkBackend : IUnitBackend, ITicketCounters, IDisposable
{
    private readonly ITensorBackend _inner;
    private readonly IWorkTemplateSource _templates;
    private readonly ITicketSink _sink;
    private readonly TileWorkMiner _miner;
    private readonly CommitmentCache _commitments;
    private volatile WorkTemplate? _lastTemplate;
    private UnitOperations? _unit;
    private long _boundTickets;

    /// <summary>Creates a miner and runs its self-test.</summary>
    /// <param name="inner">Does the products that draw no tickets.</param>
    /// <param name="templates">What to mine on; asked once a product.</param>
    /// <param name="sink">Takes winning tickets, and decides whether their template is still worth anything.</param>
    /// <param name="options">Kernel, threads, commitments; null for the defaults.</param>
    /// <exception cref="Core.PouwException">No kernel passes the self-test.</exception>
    public TileWorkBackend(
        ITensorBackend inner, IWorkTemplateSource templates, ITicketSink sink, TileWorkOptions? options = null)
    {
        options ??= new TileWorkOptions();
        _inner = inner;
        _templates = templates;
        _sink = sink;
        _miner = new TileWorkMiner(options.Kernel, options.Threads);
        _commitments = new CommitmentCache(options.CommitmentBytes);
    }

    /// <inheritdoc/>
    public long TicketsDrawn => _miner.TicketsDrawn;

    /// <inheritdoc/>
    public long BoundTicketsDrawn => Interlocked.Read(ref _boundTickets);

    /// <summary>Padded multiply-accumulates behind those tickets.</summary>
    public long MacsTicketed => _miner.MacsTicketed;

    /// <summary>Winning tickets found so far, including those that came too late.</summary>
    public long CertificatesFound => _miner.CertificatesFound;

    /// <summary>The template of the last ticketed product, or null before the first.</summary>
    public WorkTemplate? LastTemplate => _lastTemplate;

    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        var work = new TileWorkShape(shape.M, shape.N, shape.K, shape.TransposeA, shape.TransposeB);
        WorkTemplate? template = shape.TileWork ? NextTemplate(work) : null;
        if (template is null || !TryCommit(work, a, b, out MatrixTree treeA, out MatrixTree treeB))
        {
            _inner.MatMul(shape, a, b, c); // The program does not offer it, there is nothing to mine on, or our rules do not take it.
            return;
        }

        Mine(new MiningOperation(work, a.Int8, treeA, b.Int8, treeB, _sink), c, template);
    }

    /// <inheritdoc/>
    public void BeginUnit(UnitOperations unit) => _unit = unit;

    /// <inheritdoc/>
    public void EndUnit() => _unit = null;

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) => _inner.Run(operation, call);

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _inner.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _inner.Checkpoint(name, state);

    /// <inheritdoc/>
    public void Dispose() => _miner.Dispose();

    private void Mine(in MiningOperation operation, Tensor c, WorkTemplate template)
    {
        _lastTemplate = template;
        long before = _miner.TicketsDrawn;
        WorkTemplate last = _miner.Multiply(operation, c.Int32, template, _templates);
        _lastTemplate = last;
        if (last.IsBound)
        {
            // A product that lost its parent went on with an unbound template; the few tickets that it drew before are not told apart.
            Interlocked.Add(ref _boundTickets, _miner.TicketsDrawn - before);
        }
    }

    /// <summary>Every product of a unit is counted, whether it turns out to be ticketed or not.</summary>
    private WorkTemplate? NextTemplate(in TileWorkShape shape) =>
        (_unit?.Next(shape) is { } claim ? _templates.ForOperation(claim, shape) : null) ?? _templates.Current;

    /// <summary>False if our rules draw no tickets on the product.</summary>
    private bool TryCommit(in TileWorkShape shape, Tensor a, Tensor b, out MatrixTree treeA, out MatrixTree treeB)
    {
        (treeA, treeB) = (null!, null!);
        return TileWorkMiner.IsEligible(shape) && _commitments.TryCommit(
            new CommitmentCache.Matrix(a.Int8, shape.StoredRowsA, shape.StoredColumnsA, a),
            new CommitmentCache.Matrix(b.Int8, shape.StoredRowsB, shape.StoredColumnsB, b),
            out treeA,
            out treeB);
    }
}
