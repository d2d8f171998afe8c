using PoUW.Compute.Backends;
using PoUW.Compute.TileWork;
using PoUW.Core.Work;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Training.Tests.Support;

/// <summary>Keeps every product that the program offers for tickets, its operands included, and what a unit calls it.</summary>
internal sealed class ProductLog : IUnitBackend
{
    private readonly CpuBackend _inner = new();
    private UnitOperations? _unit;

    public List<(TileWorkShape Shape, BoundClaim? Claim, sbyte[] A, sbyte[] B)> Products { get; } = [];

    public bool IsInUnit => _unit is not null;

    /// <summary>Called after every product of a unit.</summary>
    public Action? AfterProduct { get; set; }

    public void BeginUnit(UnitOperations unit) => _unit = unit;

    public void EndUnit() => _unit = null;

    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        _inner.MatMul(shape, a, b, c);
        TileWorkShape work = new(shape.M, shape.N, shape.K, shape.TransposeA, shape.TransposeB);
        if (shape.TileWork)
        {
            Products.Add((work, _unit?.Next(work), a.Int8.ToArray(), b.Int8.ToArray()));
            AfterProduct?.Invoke();
        }
    }

    public long Run(TensorOp operation, in TensorCall call) => _inner.Run(operation, call);

    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _inner.MemCopy(rows, destination, source);

    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _inner.Checkpoint(name, state);
}
