using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Lanes;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Data;

namespace PoUW.Compute.Kernels.RandomNumbers;

/// <summary>The kernels of the random fills.</summary>
internal static unsafe class RandomKernels
{
    private const int WordCost = 4;
    private const int ElementsPerLine = 64;

    public static void Register(KernelTable.Builder table)
    {
        table.Add(
            DataOps.UniformFill,
            static (KernelContext context, in TensorCall call) =>
            {
                (float low, float high) = (call.FloatImmediate(0), call.FloatImmediate(1));
                return Fill(context, call, new RandomFills.Uniform(high - low, low));
            });
        table.Add(
            DataOps.NormalFill,
            static (KernelContext context, in TensorCall call) =>
                Fill(context, call, new RandomFills.Normal(call.FloatImmediate(0), call.FloatImmediate(1))));
        table.Add(
            DataOps.DropoutMask,
            static (KernelContext context, in TensorCall call) =>
                Fill(context, call, new RandomFills.DropoutMask(call.Immediates[0], call.FloatImmediate(1))));
    }

    private static long Fill<TFill>(KernelContext context, in TensorCall call, TFill fill)
        where TFill : struct, IRandomFill
    {
        (ulong key, ulong stream) = unchecked(((ulong)call.Arguments[0], (ulong)call.Arguments[1]));
        int cost = TFill.Words == 1 ? WordCost : WordCost * WordCost;
        fixed (float* d = call[0].Float32)
        {
            long length = call[0].Length;
            LaneRunner.Run(context, length, length * cost, ElementsPerLine, new RandomKernel<TFill>(d, key, stream, fill));
        }

        return 0;
    }
}
