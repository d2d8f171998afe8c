using PoUW.Core.Parameters;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Mines the fixed public product of a network, for the time when there is no lease to work on. The operands never change, so they are
/// committed once. One thread at a time; the properties may be read from any thread.
/// </summary>
public sealed class CommonsMiner : IDisposable
{
    private readonly IWorkTemplateSource _templates;
    private readonly ITicketSink _sink;
    private readonly TileWorkMiner _miner;
    private readonly TileWorkShape _shape;
    private readonly sbyte[] _a;
    private readonly sbyte[] _b;
    private readonly int[] _c;
    private readonly MatrixTree _treeA = new();
    private readonly MatrixTree _treeB = new();
    private volatile WorkTemplate? _lastTemplate;

    /// <summary>Generates and commits the operands and runs the miner's self-test.</summary>
    /// <param name="commons">The product of the network's parameters.</param>
    /// <param name="templates">What to mine on; asked once a product.</param>
    /// <param name="sink">Takes winning tickets, and decides whether their template is still worth anything.</param>
    /// <param name="kernel">The kernel.</param>
    /// <exception cref="ArgumentException">The product is not eligible for tickets.</exception>
    /// <exception cref="Core.PouwException">No kernel passes the self-test.</exception>
    public CommonsMiner(
        CommonsProduct commons, IWorkTemplateSource templates, ITicketSink sink, TileKernelKind kernel = TileKernelKind.Auto)
    {
        _templates = templates;
        _sink = sink;
        _shape = new TileWorkShape(commons.M, commons.N, commons.K, false, false);
        _a = CommonsOperands.CreateA(commons);
        _b = CommonsOperands.CreateB(commons);
        _c = new int[checked(commons.M * commons.N)];
        if (!TileWorkMiner.IsEligible(_shape, _a, _b))
        {
            throw new ArgumentException($"The commons product {_shape} draws no tickets.", nameof(commons));
        }

        _treeA.Compute(_a, _shape.StoredRowsA, _shape.StoredColumnsA);
        _treeB.Compute(_b, _shape.StoredRowsB, _shape.StoredColumnsB);
        _miner = new TileWorkMiner(kernel);
    }

    /// <summary>Tickets drawn so far.</summary>
    public long TicketsDrawn => _miner.TicketsDrawn;

    /// <summary>Padded multiply-accumulates behind those tickets.</summary>
    public long MacsTicketed => _miner.MacsTicketed;

    /// <summary>Winning tickets found so far, including those that came too late.</summary>
    public long CertificatesFound => _miner.CertificatesFound;

    /// <summary>The template of the last product, or null before the first.</summary>
    public WorkTemplate? LastTemplate => _lastTemplate;

    /// <summary>
    /// Draws the tickets of one product. The draw depends on the template alone: on the same template it gives the same tickets again, so
    /// vary the header (its time, its transactions) between calls.
    /// </summary>
    /// <returns>False if there is nothing to mine on.</returns>
    public bool RunOnce()
    {
        WorkTemplate? template = _templates.Current;
        if (template is null)
        {
            return false;
        }

        _lastTemplate = template;
        _lastTemplate = _miner.Multiply(new MiningOperation(_shape, _a, _treeA, _b, _treeB, _sink), _c, template, _templates);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _miner.Dispose();
}
