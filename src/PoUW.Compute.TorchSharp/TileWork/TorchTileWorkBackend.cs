using PoUW.Compute.TileWork;
using PoUW.Core.Work;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TorchSharp.TileWork;

/// <summary>
/// A backend that mines on a device, as <c>TileWorkBackend</c> does on the processor: eligible products are done as tile work, all others, and those that the
/// device cannot do, go to the inner backend. Results are the same bits either way. Used by one machine, hence one thread, at a time.
/// </summary>
/// <param name="inner">Does the products that draw no tickets; a <c>TorchBackend</c>, for instance. Not disposed of.</param>
/// <param name="miner">The device.</param>
/// <param name="templates">What to mine on; asked once a product.</param>
/// <param name="sink">Takes winning tickets.</param>
public sealed class TorchTileWorkBackend(ITensorBackend inner, TorchTileMiner miner, IWorkTemplateSource templates, ITicketSink sink) : IUnitBackend, ITicketCounters
{
    private UnitOperations? _unit;
    private long _tickets;
    private long _boundTickets;

    /// <inheritdoc/>
    public long TicketsDrawn => Interlocked.Read(ref _tickets);

    /// <inheritdoc/>
    public long BoundTicketsDrawn => Interlocked.Read(ref _boundTickets);

    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        TileWorkShape work = new(shape.M, shape.N, shape.K, shape.TransposeA, shape.TransposeB);
        WorkTemplate? template = shape.TileWork && a.Type == TensorType.Int8 ? NextTemplate(work) : null;
        if (template is null || !TileWorkMiner.IsEligible(work, a.Int8, b.Int8)
            || !TryMine(work, a, b, c, template))
        {
            inner.MatMul(shape, a, b, c);
        }
    }

    /// <inheritdoc/>
    public void BeginUnit(UnitOperations unit) => _unit = unit;

    /// <inheritdoc/>
    public void EndUnit() => _unit = null;

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) => inner.Run(operation, call);

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => inner.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => inner.Checkpoint(name, state);

    private bool TryMine(in TileWorkShape shape, Tensor a, Tensor b, Tensor c, WorkTemplate template)
    {
        long before = miner.TicketsDrawn;
        if (!miner.TryMultiply(shape, a.Int8, b.Int8, c.Int32, template, sink, templates.IsCurrent))
        {
            return false;
        }

        long drawn = miner.TicketsDrawn - before;
        Interlocked.Add(ref _tickets, drawn);
        Interlocked.Add(ref _boundTickets, template.IsBound ? drawn : 0);
        return true;
    }

    /// <summary>Every product of a unit is counted, whether it turns out to be ticketed or not.</summary>
    private WorkTemplate? NextTemplate(in TileWorkShape shape) =>
        (_unit?.Next(shape) is { } claim ? templates.ForOperation(claim, shape) : null) ?? templates.Current;
}
