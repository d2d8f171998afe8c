using PoUW.Compute.Backends;
using PoUW.Simulation.Conformance;
using PoUW.Vm.Operations;

namespace PoUW.Compute.Tests.Conformance;

/// <summary>A kernel that has seen a call of a shape allocates nothing for the next one.</summary>
[TestFixture]
public sealed class AllocationTests
{
    private const int Cases = 40;

    [Test]
    public void SteadyStateOfEveryKernelAllocatesNothing([Values(1, 3)] int threads)
    {
        using CpuBackend backend = new(threads);
        AllocationProbe probe = new(backend);
        string[] operations = [.. KernelTable.Operations.Select(static op => op.Name)];
        foreach (string operation in operations)
        {
            for (ulong seed = 0; seed < Cases; seed++)
            {
                // The second run of a call that changes its operands gives other numbers, which is no matter here.
                new BackendConformance(seed, probe).Run(operation, 1);
            }
        }

        Assert.That(probe.Called, Is.EquivalentTo(operations));
        Assert.That(probe.Allocating, Is.Empty);
    }

    [Test]
    public void EveryFloatOperationOutsideConvolutionHasAKernel()
    {
        IEnumerable<string> missing = TensorOps.All
            .Where(static op => op.Name.EndsWith("_f32", StringComparison.Ordinal) && op.Code is < 128 or > 144)
            .Select(static op => op.Name)
            .Except(KernelTable.Operations.Select(static op => op.Name));
        Assert.That(missing, Is.EqualTo(new[] { "clip_scale_f32" }), "one number needs no kernel");
    }
}
