using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Benchmarks.Profiles;

/// <summary>Does nothing: what remains of a step is the cost of whoever calls.</summary>
internal sealed class IdleBackend : ITensorBackend
{
    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
    }

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) => 0;

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source)
    {
    }

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state)
    {
    }
}
