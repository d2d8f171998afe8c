using PoUW.Compute.Backends;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>
/// Runs each call several times and notes the operations that allocate on the caller's thread in every run after the first. What the runtime
/// allocates once, as for the first wait of a thread, does not count. Results are not to be used.
/// </summary>
internal sealed class AllocationProbe(CpuBackend backend) : ITensorBackend
{
    private const int Runs = 3;

    /// <summary>Operations that were called.</summary>
    public HashSet<string> Called { get; } = [];

    /// <summary>Operations of which every run allocated.</summary>
    public HashSet<string> Allocating { get; } = [];

    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c) => backend.MatMul(shape, a, b, c);

    public long Run(TensorOp operation, in TensorCall call)
    {
        long result = backend.Run(operation, call);
        bool always = true;
        for (int i = 0; i < Runs; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            backend.Run(operation, call);
            always &= GC.GetAllocatedBytesForCurrentThread() != before;
        }

        Called.Add(operation.Name);
        if (always)
        {
            Allocating.Add(operation.Name);
        }

        return result;
    }

    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => backend.MemCopy(rows, destination, source);

    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => backend.Checkpoint(name, state);
}
