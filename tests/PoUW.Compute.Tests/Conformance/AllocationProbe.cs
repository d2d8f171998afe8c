using PoUW.Compute.Backends;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>Runs each call twice and notes the operations whose second run allocated on the caller's thread. Results are not to be used.</summary>
internal sealed class AllocationProbe(CpuBackend backend) : ITensorBackend
{
    /// <summary>Operations that have a kernel and were called.</summary>
    public HashSet<string> Called { get; } = [];

    /// <summary>Operations whose second run allocated.</summary>
    public HashSet<string> Allocating { get; } = [];

    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c) => backend.MatMul(shape, a, b, c);

    public long Run(TensorOp operation, in TensorCall call)
    {
        long result = backend.Run(operation, call);
        long before = GC.GetAllocatedBytesForCurrentThread();
        backend.Run(operation, call);
        if (GC.GetAllocatedBytesForCurrentThread() != before)
        {
            Allocating.Add(operation.Name);
        }

        Called.Add(operation.Name);
        return result;
    }

    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => backend.MemCopy(rows, destination, source);

    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => backend.Checkpoint(name, state);
}
