using PoUW.Core.Primitives;
using PoUW.Core.Work;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Commits to the operands of chosen products of a unit while another backend computes it: what an auditor compares with the tickets that a
/// worker won. All other products and operations pass through. Used by one machine, hence one thread, at a time.
/// </summary>
/// <param name="inner">Does the work.</param>
public sealed class OperandRecorder(ITensorBackend inner) : IUnitBackend
{
    private readonly Dictionary<(ulong Step, uint Operation), Hash256> _digests = [];
    private readonly MatrixTree _tree = new();
    private UnitOperations? _unit;

    /// <summary>Chooses the products of the next unit, by step of the job and index in its work plan, and forgets all digests.</summary>
    public void Watch(IEnumerable<(ulong Step, uint Operation)> products)
    {
        _digests.Clear();
        foreach ((ulong Step, uint Operation) product in products)
        {
            _digests[product] = Hash256.Zero;
        }
    }

    /// <summary>
    /// The digest of a chosen product's operands (<see cref="OperationDigest"/>); zero if the unit had no such product of the plan's shape.
    /// </summary>
    public Hash256 DigestOf(ulong step, uint operation) => _digests.GetValueOrDefault((step, operation));

    /// <inheritdoc/>
    public void BeginUnit(UnitOperations unit) => _unit = unit;

    /// <inheritdoc/>
    public void EndUnit() => _unit = null;

    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        if (shape.TileWork && _unit is not null)
        {
            Record(new TileWorkShape(shape.M, shape.N, shape.K, shape.TransposeA, shape.TransposeB), a, b);
        }

        inner.MatMul(shape, a, b, c);
    }

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) => inner.Run(operation, call);

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => inner.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => inner.Checkpoint(name, state);

    private void Record(in TileWorkShape shape, Tensor a, Tensor b)
    {
        if (_unit!.Next(shape) is not { } claim || !_digests.ContainsKey((claim.Step, claim.Operation)))
        {
            return;
        }

        _tree.Compute(a.Int8, shape.StoredRowsA, shape.StoredColumnsA);
        Hash256 tagA = _tree.Tag;
        _tree.Compute(b.Int8, shape.StoredRowsB, shape.StoredColumnsB);
        _digests[(claim.Step, claim.Operation)] = OperationDigest.Of(tagA, _tree.Tag);
    }
}
