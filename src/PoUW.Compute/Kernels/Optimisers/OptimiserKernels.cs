using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Kernels.Optimisers;

/// <summary>The kernels of the optimisers of lane R.</summary>
internal static unsafe class OptimiserKernels
{
    private const int SgdCost = 2;
    private const int AdamCost = 6;

    public static void Register(KernelTable.Builder table)
    {
        table.Add(FloatOptimiserOps.Sgd, Sgd);
        table.Add(FloatOptimiserOps.SgdMomentum, SgdMomentum);
        table.Add(FloatOptimiserOps.Adam, Adam);
    }

    private static long Sgd(KernelContext context, in TensorCall call)
    {
        fixed (float* w = call[0].Float32, g = call[1].Float32)
        {
            SgdStep step = new(w, g, call[2].Float32[0], call.FloatImmediate(0));
            ElementKernel<SgdStep>.Run(context, call[0].Length, SgdCost, step);
        }

        return 0;
    }

    private static long SgdMomentum(KernelContext context, in TensorCall call)
    {
        fixed (float* w = call[0].Float32, v = call[1].Float32, g = call[2].Float32)
        {
            SgdMomentumStep step = new(
                w, v, g, call[3].Float32[0], call.FloatImmediate(0), call.FloatImmediate(1), call.Immediates[2] == 1);
            ElementKernel<SgdMomentumStep>.Run(context, call[0].Length, SgdCost, step);
        }

        return 0;
    }

    private static long Adam(KernelContext context, in TensorCall call)
    {
        float rate = call[4].Float32[0];
        AdamNumbers numbers = new(
            call.FloatImmediate(0),
            call.FloatImmediate(1),
            call.FloatImmediate(2),
            call.FloatImmediate(3),
            rate * call.FloatImmediate(3),
            rate / (1 - call[5].Float32[0]),
            MathF.Sqrt(1 - call[5].Float32[1]));
        fixed (float* w = call[0].Float32, m = call[1].Float32, v = call[2].Float32, g = call[3].Float32)
        {
            AdamStep step = new(w, m, v, g, numbers, call.Immediates[4] == 1);
            ElementKernel<AdamStep>.Run(context, call[0].Length, AdamCost, step);
        }

        return 0;
    }
}
