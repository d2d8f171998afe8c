using PoUW.Compute.Kernels.Columns;
using PoUW.Compute.Kernels.Convolution;
using PoUW.Compute.Kernels.Elementwise;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Compute.Kernels.Integers;
using PoUW.Compute.Kernels.Moves;
using PoUW.Compute.Kernels.Optimisers;
using PoUW.Compute.Kernels.Pooling;
using PoUW.Compute.Kernels.RandomNumbers;
using PoUW.Compute.Kernels.Rows;
using PoUW.Vm.Operations;

namespace PoUW.Compute.Backends;

/// <summary>The kernels by operation. An operation without one runs its definition.</summary>
internal static class KernelTable
{
    private static readonly TensorKernel?[] ByCode = Build();

    /// <summary>The operations that have a kernel, in the order of their codes.</summary>
    public static IEnumerable<TensorOp> Operations => TensorOps.All.Where(static op => ByCode[op.Code] is not null);

    /// <summary>The kernel of an operation, or null.</summary>
    public static TensorKernel? Find(TensorOp operation) => ByCode[operation.Code];

    private static TensorKernel?[] Build()
    {
        Builder builder = new();
        IntegerKernels.Register(builder);
        FloatConvolutionKernels.Register(builder);
        IntegerConvolutionKernels.Register(builder);
        PoolingKernels.Register(builder);
        FloatElementwiseKernels.Register(builder);
        OptimiserKernels.Register(builder);
        ColumnKernels.Register(builder);
        RowKernels.Register(builder);
        MoveKernels.Register(builder);
        RandomKernels.Register(builder);
        BatchProductKernels.Register(builder);
        IntegerVectorKernels.Register(builder);
        return builder.ByCode;
    }

    /// <summary>Collects the kernels of the families.</summary>
    internal sealed class Builder
    {
        public TensorKernel?[] ByCode { get; } = new TensorKernel?[256];

        public void Add(TensorOp operation, TensorKernel kernel) => ByCode[operation.Code] = kernel;
    }
}
