using PoUW.Compute.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>The poolings and their gradients as kernels of the table.</summary>
internal static unsafe class PoolingKernels
{
    public static void Register(KernelTable.Builder table)
    {
        table.Add(PoolingOps.MaxPool, Maximum);
        table.Add(PoolingOps.MaxPoolGradient, MaximumGradient);
        table.Add(PoolingOps.AveragePool, static (KernelContext context, in TensorCall call) => Average(context, call, gradient: false));
        table.Add(PoolingOps.AveragePoolGradient, static (KernelContext context, in TensorCall call) => Average(context, call, gradient: true));
        table.Add(PoolingOps.MaxPoolInt8, MaximumInt8);
        table.Add(PoolingOps.MaxPoolGradientInt8, MaximumGradientInt8);
        table.Add(PoolingOps.SumPoolInt8, static (KernelContext context, in TensorCall call) => SumInt8(context, call, gradient: false));
        table.Add(PoolingOps.SumPoolGradientInt8, static (KernelContext context, in TensorCall call) => SumInt8(context, call, gradient: true));
    }

    private static long Maximum(KernelContext context, in TensorCall call)
    {
        fixed (float* y = call[0].Float32, x = call[2].Float32)
        fixed (int* index = call[1].Int32)
        {
            FloatMaximum pooling = new() { Source = x, Target = y, Index = index, Channels = call[2].Columns };
            Run(context, call, pooling, gradient: false, call[2].Columns);
        }

        return 0;
    }

    private static long MaximumInt8(KernelContext context, in TensorCall call)
    {
        fixed (sbyte* y = call[0].Int8, x = call[2].Int8)
        fixed (int* index = call[1].Int32)
        {
            IntegerMaximum pooling = new() { Source = x, Target = y, Index = index, Channels = call[2].Columns };
            Run(context, call, pooling, gradient: false, call[2].Columns);
        }

        return 0;
    }

    private static long Average(KernelContext context, in TensorCall call, bool gradient)
    {
        float taps = PoolingGeometry.Decode(call.Immediates).Taps;
        fixed (float* target = call[0].Float32, source = call[1].Float32)
        {
            FloatSum pooling = new()
            {
                Source = source,
                Target = target,
                Channels = call[0].Columns,
                TermDivisor = gradient ? taps : 1,
                SumDivisor = gradient ? 1 : taps,
            };
            Run(context, call, pooling, gradient, call[0].Columns);
        }

        return 0;
    }

    private static long SumInt8(KernelContext context, in TensorCall call, bool gradient)
    {
        fixed (int* target = call[0].Int32)
        fixed (sbyte* source = call[1].Int8)
        {
            IntegerSum pooling = new() { Source = source, Target = target, Channels = call[0].Columns };
            Run(context, call, pooling, gradient, call[0].Columns);
        }

        return 0;
    }

    private static long MaximumGradient(KernelContext context, in TensorCall call)
    {
        fixed (float* dx = call[0].Float32, dy = call[1].Float32)
        fixed (int* index = call[2].Int32)
        {
            PoolingGeometry windows = PoolingGeometry.Decode(call.Immediates);
            if (!TilingGradientJob.TryRun(dx, dy, index, call[0].Columns, windows, context.Team))
            {
                ScatterJob.Run(new ScatterJob { Target = dx, Source = dy, Index = index, Channels = call[0].Columns }, windows, context.Team);
            }
        }

        return 0;
    }

    private static long MaximumGradientInt8(KernelContext context, in TensorCall call)
    {
        fixed (int* dx = call[0].Int32, index = call[2].Int32)
        fixed (sbyte* dy = call[1].Int8)
        {
            ScatterJob job = new() { IntegerTarget = dx, IntegerSource = dy, Index = index, Channels = call[0].Columns };
            ScatterJob.Run(job, PoolingGeometry.Decode(call.Immediates), context.Team);
        }

        return 0;
    }

    private static void Run<TPooling>(KernelContext context, in TensorCall call, in TPooling pooling, bool gradient, int channels)
        where TPooling : struct, IPooling =>
        PoolingJob<TPooling>.Run(pooling, PoolingGeometry.Decode(call.Immediates), gradient, channels, context.Team);
}
