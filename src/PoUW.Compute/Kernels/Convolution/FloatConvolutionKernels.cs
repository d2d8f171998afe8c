using System.Runtime.Intrinsics;
using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Gemm;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>The fp32 convolutions as kernels of the table.</summary>
internal static unsafe class FloatConvolutionKernels
{
    public static void Register(KernelTable.Builder table)
    {
        table.Add(ConvolutionOps.Conv2D, Forward);
        table.Add(ConvolutionOps.Conv2DInputGradient, InputGradient);
        table.Add(ConvolutionOps.Conv2DWeightGradient, WeightGradient);
    }

    /// <summary>The engine of an instruction family.</summary>
    /// <param name="kernel">Instruction family.</param>
    /// <param name="participants">Largest size of a team.</param>
    public static IFloatConvolution CreateEngine(CpuKernel kernel, int participants) => FloatGemm.For(kernel) switch
    {
        FloatKernel.Avx512 => new FloatConvolutionEngine<Vector512Lane, Vector512<float>>(participants),
        FloatKernel.Avx2 => new FloatConvolutionEngine<Vector256Lane, Vector256<float>>(participants),
        _ => new FloatConvolutionEngine<Vector128Lane, Vector128<float>>(participants),
    };

    private static long Forward(KernelContext context, in TensorCall call)
    {
        fixed (float* y = call[0].Float32, x = call[1].Float32, w = call[2].Float32)
        {
            context.FloatConvolution.Forward(ConvolutionShape.Of(call, images: 1, outputs: 0), y, x, w, context.Team);
        }

        return 0;
    }

    private static long InputGradient(KernelContext context, in TensorCall call)
    {
        fixed (float* dx = call[0].Float32, dy = call[1].Float32, w = call[2].Float32)
        {
            context.FloatConvolution.InputGradient(ConvolutionShape.Of(call, images: 0, outputs: 1), dx, dy, w, context.Team);
        }

        return 0;
    }

    private static long WeightGradient(KernelContext context, in TensorCall call)
    {
        fixed (float* dw = call[0].Float32, dy = call[1].Float32, x = call[2].Float32)
        {
            context.FloatConvolution.WeightGradient(ConvolutionShape.Of(call, images: 2, outputs: 1), dw, dy, x, context.Team);
        }

        return 0;
    }
}
