using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.State;

/// <summary>A backend that keeps the results of its products elsewhere until a checkpoint, as one on a device may.</summary>
internal sealed class SettlingBackend : ITensorBackend
{
    private readonly ScalarBackend _definition = new();
    private readonly List<Action> _pending = [];

    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        Tensor elsewhere = new(c.Type, c.Rows, c.Columns);
        _definition.MatMul(shape, a, b, elsewhere);
        _pending.Add(() => elsewhere.Bytes.CopyTo(c.Bytes));
    }

    public long Run(TensorOp operation, in TensorCall call) => _definition.Run(operation, call);

    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _definition.MemCopy(rows, destination, source);

    public void Checkpoint(string name, IReadOnlyList<Tensor> state)
    {
        _pending.ForEach(bring => bring());
        _pending.Clear();
    }
}
