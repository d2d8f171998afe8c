using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.TileWork;

/// <summary>Computes by the definitions and counts the products.</summary>
internal sealed class DefinitionBackend : ITensorBackend
{
    private readonly ScalarBackend _scalar = new();

    public int Calls { get; private set; }

    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        Calls++;
        _scalar.MatMul(shape, a, b, c);
    }

    public long Run(TensorOp operation, in TensorCall call) => _scalar.Run(operation, call);

    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _scalar.MemCopy(rows, destination, source);

    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _scalar.Checkpoint(name, state);
}
