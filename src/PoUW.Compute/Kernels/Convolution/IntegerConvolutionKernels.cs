using PoUW.Compute.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Convolution;

namespace PoUW.Compute.Kernels.Convolution;

/// <summary>The int8 convolutions as kernels of the table.</summary>
internal static unsafe class IntegerConvolutionKernels
{
    public static void Register(KernelTable.Builder table)
    {
        table.Add(ConvolutionOps.Conv2DInt8, Forward);
        table.Add(ConvolutionOps.Conv2DInputGradientInt8, InputGradient);
        table.Add(ConvolutionOps.Conv2DWeightGradientInt8, WeightGradient);
        table.Add(ConvolutionOps.ImageToColumnsInt8, Unfold);
        table.Add(ConvolutionOps.ColumnsToImageInt32, Fold);
    }

    private static long Forward(KernelContext context, in TensorCall call)
    {
        fixed (int* y = call[0].Int32)
        fixed (sbyte* x = call[1].Int8, w = call[2].Int8)
        {
            context.IntegerConvolution.Forward(ConvolutionShape.Of(call, images: 1, outputs: 0), y, x, w, context.Team);
        }

        return 0;
    }

    private static long InputGradient(KernelContext context, in TensorCall call)
    {
        fixed (int* dx = call[0].Int32)
        fixed (sbyte* dy = call[1].Int8, w = call[2].Int8)
        {
            context.IntegerConvolution.InputGradient(ConvolutionShape.Of(call, images: 0, outputs: 1), dx, dy, w, context.Team);
        }

        return 0;
    }

    private static long WeightGradient(KernelContext context, in TensorCall call)
    {
        fixed (int* dw = call[0].Int32)
        fixed (sbyte* dy = call[1].Int8, x = call[2].Int8)
        {
            context.IntegerConvolution.WeightGradient(ConvolutionShape.Of(call, images: 2, outputs: 1), dw, dy, x, context.Team);
        }

        return 0;
    }

    private static long Unfold(KernelContext context, in TensorCall call)
    {
        fixed (sbyte* columns = call[0].Int8, images = call[1].Int8)
        {
            PoolingGeometry windows = PoolingGeometry.Decode(call.Immediates);
            context.IntegerConvolution.Unfold(windows, call[1].Columns, images, columns, context.Team);
        }

        return 0;
    }

    private static long Fold(KernelContext context, in TensorCall call)
    {
        fixed (int* images = call[0].Int32, columns = call[1].Int32)
        {
            PoolingGeometry windows = PoolingGeometry.Decode(call.Immediates);
            IntegerConvolutionEngine.Fold(windows, call[0].Columns, columns, images, context.Team);
        }

        return 0;
    }
}
