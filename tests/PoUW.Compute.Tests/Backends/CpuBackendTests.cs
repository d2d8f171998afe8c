using PoUW.Compute.Backends;
using PoUW.Compute.Tests.Support;
using PoUW.Vm.Backends;
using PoUW.Vm.Tensors;
using PoUW.Vm.Tests.Backends;

namespace PoUW.Compute.Tests.Backends;

[TestFixture(CpuKernel.Portable)]
[TestFixture(CpuKernel.Avx2)]
[TestFixture(CpuKernel.Avx512)]
[TestFixture(CpuKernel.AvxVnni)]
[TestFixture(CpuKernel.Avx512Byte)]
public sealed class CpuBackendTests(CpuKernel kernel) : TensorBackendConformance
{
    protected override ITensorBackend Create()
    {
        if (!CpuBackend.IsSupported(kernel))
        {
            Assert.Ignore($"This machine has no {kernel}.");
        }

        return new CpuBackend(kernel);
    }

    [Test]
    public void SteadyStateAllocatesNothing()
    {
        using CpuBackend backend = (CpuBackend)Create();
        MatMulShape shape = new(64, 128, 40, false, false);
        Tensor a = new(TensorType.Int8, 64, 128);
        Tensor b = new(TensorType.Int8, 128, 40);
        Tensor c = new(TensorType.Int32, 64, 40);
        backend.MatMul(shape, a, b, c);
        Assert.That(SteadyState.LeastAllocation(10, () => backend.MatMul(shape, a, b, c)), Is.Zero);
    }

    [Test]
    public void ReportsItsKernel()
    {
        using CpuBackend backend = (CpuBackend)Create();
        Assert.That(backend.Kernel, Is.EqualTo(kernel));
    }
}
