using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Lanes;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;

namespace PoUW.Compute.Kernels.Columns;

/// <summary>The kernels of lane R whose chains run over rows: vectors hold the chains of neighbouring columns.</summary>
internal static unsafe class ColumnKernels
{
    private const int ColumnsPerLine = 16;
    private const int TrainCost = 4;
    private const int GradientCost = 4;

    public static void Register(KernelTable.Builder table)
    {
        table.Add(FloatReductionOps.SumRows, SumRows);
        table.Add(FloatNormOps.LayerNormParametersGradient, LayerNormParameters);
        table.Add(FloatNormOps.BatchNormTrain, BatchNormTrain);
        table.Add(FloatNormOps.BatchNorm, BatchNorm);
        table.Add(FloatNormOps.BatchNormGradient, BatchNormGradient);
    }

    private static long SumRows(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32, s = call[1].Float32)
        {
            SumRowsKernel kernel = new(d, s, call[1].Rows, call[1].Columns);
            LaneRunner.Run(context, call[1].Columns, call[1].Length, ColumnsPerLine, kernel);
        }

        return 0;
    }

    private static long LayerNormParameters(KernelContext context, in TensorCall call)
    {
        (int rows, int columns) = (call[2].Rows, call[2].Columns);
        fixed (float* dgamma = call[0].Float32, dbeta = call[1].Float32, g = call[2].Float32, x = call[3].Float32)
        fixed (float* means = call[4].Float32, rstds = call[5].Float32)
        {
            LayerNormParametersKernel kernel = new(dgamma, dbeta, g, x, means, rstds, rows, columns);
            LaneRunner.Run(context, columns, call[2].Length * 2L, ColumnsPerLine, kernel);
        }

        return 0;
    }

    private static long BatchNormTrain(KernelContext context, in TensorCall call)
    {
        (int rows, int columns) = (call[5].Rows, call[5].Columns);
        fixed (float* y = call[0].Float32, mean = call[1].Float32, rstd = call[2].Float32, runningMean = call[3].Float32)
        fixed (float* runningVariance = call[4].Float32, x = call[5].Float32, gamma = call[6].Float32, beta = call[7].Float32)
        {
            BatchNormTensors tensors = new(y, mean, rstd, runningMean, runningVariance, x, gamma, beta);
            BatchNormTrainKernel kernel = new(context, tensors, rows, columns, call.FloatImmediate(0), call.FloatImmediate(1));
            LaneRunner.Run(context, columns, (long)call[5].Length * TrainCost, ColumnsPerLine, kernel);
        }

        return 0;
    }

    private static long BatchNorm(KernelContext context, in TensorCall call)
    {
        (int rows, int columns) = (call[0].Rows, call[0].Columns);
        fixed (float* y = call[0].Float32, x = call[1].Float32, means = call[2].Float32)
        fixed (float* variances = call[3].Float32, gamma = call[4].Float32, beta = call[5].Float32)
        {
            BatchNormKernel kernel = new(context, y, x, means, variances, gamma, beta, rows, columns, call.FloatImmediate(0));
            LaneRunner.Run(context, columns, call[0].Length, ColumnsPerLine, kernel);
        }

        return 0;
    }

    private static long BatchNormGradient(KernelContext context, in TensorCall call)
    {
        (int rows, int columns) = (call[0].Rows, call[0].Columns);
        fixed (float* dx = call[0].Float32, dgamma = call[1].Float32, dbeta = call[2].Float32, g = call[3].Float32)
        fixed (float* x = call[4].Float32, means = call[5].Float32, rstds = call[6].Float32, gamma = call[7].Float32)
        {
            BatchNormGradientKernel kernel = new(context, dx, dgamma, dbeta, g, x, means, rstds, gamma, rows, columns);
            LaneRunner.Run(context, columns, (long)call[0].Length * GradientCost, ColumnsPerLine, kernel);
        }

        return 0;
    }
}
