using PoUW.Core.Work;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TileWork;

/// <summary>
/// A tensor backend that mines: eligible products are done as tile work on the current template, all others go to the inner backend.
/// A tensor that several products share is committed once. Results are the same bits either way. Used by one machine, hence one thread, at a time; the properties may be read from any thread.
/// </summary>
public sealed class TileWorkBackend : ITensorBackend, IDisposable
{
    private readonly ITensorBackend _inner;
    private readonly IWorkTemplateSource _templates;
    private readonly ITicketSink _sink;
    private readonly TileWorkMiner _miner;
    private readonly OperationCommitter _committer;
    private volatile WorkTemplate? _lastTemplate;

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
        _committer = new OperationCommitter(options);
    }

    /// <summary>Tickets drawn so far.</summary>
    public long TicketsDrawn => _miner.TicketsDrawn;

    /// <summary>Padded multiply-accumulates behind those tickets.</summary>
    public long MacsTicketed => _miner.MacsTicketed;

    /// <summary>Winning tickets found so far, including those that came too late.</summary>
    public long CertificatesFound => _miner.CertificatesFound;

    /// <summary>The template of the last ticketed product, or null before the first.</summary>
    public WorkTemplate? LastTemplate => _lastTemplate;

    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        WorkTemplate? template = shape.TileWork ? _templates.Current : null;
        if (template is null && !_committer.IsObserved)
        {
            _inner.MatMul(shape, a, b, c); // The program does not offer it, or there is nothing to mine on.
            return;
        }

        if (!_committer.TryCommit(shape, a, b, out TileWorkShape work, out MatrixTree treeA, out MatrixTree treeB))
        {
            _inner.MatMul(shape, a, b, c);
            return;
        }

        if (template is null)
        {
            _inner.MatMul(shape, a, b, c);
        }
        else
        {
            _lastTemplate = template;
            var operation = new MiningOperation(work, a.Int8, treeA, b.Int8, treeB, _sink);
            _lastTemplate = _miner.Multiply(operation, c.Int32, template, _templates);
        }

        _committer.Report(work, treeA, treeB);
    }

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) => _inner.Run(operation, call);

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _inner.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _inner.Checkpoint(name, state);

    /// <inheritdoc/>
    public void Dispose() => _miner.Dispose();
}
