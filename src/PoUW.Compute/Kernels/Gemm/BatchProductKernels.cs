using PoUW.Compute.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Gemm;

/// <summary>The kernel of batch_matmul_f32.</summary>
internal static unsafe class BatchProductKernels
{
    public static void Register(KernelTable.Builder table) => table.Add(FloatProductOps.BatchMatMul, BatchMatMul);

    private static long BatchMatMul(KernelContext context, in TensorCall call)
    {
        MatMulShape shape = FloatProductOps.BatchShape(Shape(call[1]), Shape(call[2]), call.Immediates);
        fixed (float* c = call[0].Float32, a = call[1].Float32, b = call[2].Float32)
        {
            context.FloatGemm.Multiply(FloatProduct.Dense(shape, count: call.Immediates[0]), a, b, c);
        }

        return 0;
    }

    private static TensorShape Shape(Tensor tensor) => new(tensor.Type, tensor.Rows, tensor.Columns);
}
