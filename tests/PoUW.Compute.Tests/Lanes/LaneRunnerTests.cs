using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Tests.Lanes;

public sealed class LaneRunnerTests
{
    [TestCase(CpuKernel.Portable, 4)]
    [TestCase(CpuKernel.Avx2, 8)]
    [TestCase(CpuKernel.AvxVnni, 8)]
    [TestCase(CpuKernel.Avx512, 16)]
    [TestCase(CpuKernel.Avx512Byte, 16)]
    public void KernelChoosesTheWidthOfVectors(CpuKernel kernel, int width)
    {
        if (!CpuBackend.IsSupported(kernel))
        {
            Assert.Ignore($"This machine has no {kernel}.");
        }

        using KernelContext context = new(kernel, 1);
        int[] seen = [0];
        LaneRunner.Run(context, 1, 1, 1, new WidthProbe(seen));
        bool widened = kernel == CpuKernel.AvxVnni && Vector512.IsHardwareAccelerated;
        Assert.That(seen[0], Is.EqualTo(widened ? 16 : width));
    }

    private readonly struct WidthProbe(int[] seen) : ILaneKernel
    {
        public void Run<TLane, TFloat, TWide>(nint from, nint to, int participant)
            where TLane : IFloatLane<TFloat, TWide>
            where TFloat : unmanaged
            where TWide : unmanaged => seen[0] = TLane.Width;
    }
}
