using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>The definition, but for one bit of the last byte of a destination.</summary>
internal sealed class FaultyBackend : ITensorBackend
{
    private readonly ScalarBackend _definition = new();

    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c) => _definition.MatMul(shape, a, b, c);

    public long Run(TensorOp operation, in TensorCall call)
    {
        long result = _definition.Run(operation, call);
        call[0].Bytes[^1] ^= 1;
        return result;
    }

    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _definition.MemCopy(rows, destination, source);

    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _definition.Checkpoint(name, state);
}
