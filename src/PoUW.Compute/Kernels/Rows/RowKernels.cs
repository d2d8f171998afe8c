using PoUW.Compute.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Rows;

/// <summary>The kernels of lane R whose chains run over the columns of a row: vectors hold the chains of neighbouring rows.</summary>
internal static unsafe class RowKernels
{
    private const int SumCost = 2;
    private const int NormCost = 4;
    private const int ExpCost = 16;

    public static void Register(KernelTable.Builder table)
    {
        table.Add(FloatReductionOps.SumColumns, Chain<RowChains.Sum>);
        table.Add(FloatReductionOps.MaxColumns, Maximum);
        table.Add(FloatReductionOps.SumSquares, Chain<RowChains.SumOfSquares>);
        table.Add(FloatReductionOps.ArgMaxRows, ArgMax);
        table.Add(FloatReductionOps.Softmax, Softmax);
        table.Add(FloatReductionOps.SoftmaxCausal, SoftmaxCausal);
        table.Add(FloatReductionOps.SoftmaxGradient, SoftmaxGradient);
        table.Add(FloatReductionOps.CrossEntropy, CrossEntropy);
        table.Add(FloatReductionOps.CrossEntropyGradient, CrossEntropyGradient);
        table.Add(FloatNormOps.LayerNorm, LayerNorm);
        table.Add(FloatNormOps.LayerNormGradient, LayerNormGradient);
    }

    private static void Run<TGroup>(KernelContext context, Tensor matrix, int cost, in TGroup group)
        where TGroup : struct, IRowGroup => RowKernel<TGroup>.Run(context, matrix.Rows, matrix.Columns, cost, group);

    private static long Chain<TChain>(KernelContext context, in TensorCall call)
        where TChain : IRowChain
    {
        fixed (float* d = call[0].Float32, s = call[1].Float32)
        {
            Run(context, call[1], SumCost, new ChainGroup<TChain>(d, s, call[1].Columns));
        }

        return 0;
    }

    private static long Maximum(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32, s = call[1].Float32)
        {
            Run(context, call[1], SumCost, new MaximumGroup(d, s, call[1].Columns));
        }

        return 0;
    }

    private static long ArgMax(KernelContext context, in TensorCall call)
    {
        fixed (int* d = call[0].Int32)
        fixed (float* s = call[1].Float32)
        {
            Run(context, call[1], SumCost, new ArgMaxGroup(d, s, call[1].Columns));
        }

        return 0;
    }

    private static long Softmax(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32, s = call[1].Float32)
        {
            Run(context, call[1], ExpCost, new SoftmaxGroup(d, s, call[1].Columns, 0));
        }

        return 0;
    }

    private static long SoftmaxCausal(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32, s = call[1].Float32)
        {
            Run(context, call[1], ExpCost, new SoftmaxGroup(d, s, call[1].Columns, call.Immediates[0]));
        }

        return 0;
    }

    private static long SoftmaxGradient(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32, g = call[1].Float32, y = call[2].Float32)
        {
            Run(context, call[1], NormCost, new SoftmaxGradientGroup(d, g, y, call[1].Columns));
        }

        return 0;
    }

    private static long CrossEntropy(KernelContext context, in TensorCall call)
    {
        fixed (float* loss = call[0].Float32, logits = call[1].Float32)
        fixed (byte* labels = call[2].Bytes)
        {
            LabelColumn column = new(labels, call[2].Type);
            Run(context, call[1], ExpCost, new CrossEntropyGroup(loss, logits, column, call[1].Columns));
        }

        return 0;
    }

    private static long CrossEntropyGradient(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32, logits = call[1].Float32)
        fixed (byte* labels = call[2].Bytes)
        {
            LabelColumn column = new(labels, call[2].Type);
            CrossEntropyGradientGroup group = new(d, logits, column, call[1].Columns, call.FloatImmediate(0));
            Run(context, call[1], ExpCost, group);
        }

        return 0;
    }

    private static long LayerNorm(KernelContext context, in TensorCall call)
    {
        fixed (float* y = call[0].Float32, means = call[1].Float32, rstds = call[2].Float32)
        fixed (float* x = call[3].Float32, gamma = call[4].Float32, beta = call[5].Float32)
        {
            LayerNormGroup group = new(y, means, rstds, x, gamma, beta, call[3].Columns, call.FloatImmediate(0));
            Run(context, call[3], NormCost, group);
        }

        return 0;
    }

    private static long LayerNormGradient(KernelContext context, in TensorCall call)
    {
        fixed (float* dx = call[0].Float32, g = call[1].Float32, x = call[2].Float32)
        fixed (float* means = call[3].Float32, rstds = call[4].Float32, gamma = call[5].Float32)
        {
            LayerNormGradientGroup group = new(dx, g, x, means, rstds, gamma, call[0].Columns);
            Run(context, call[0], NormCost, group);
        }

        return 0;
    }
}
