using PoUW.Compute.Backends;
using PoUW.Compute.Kernels.Lanes;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>The kernels of the elementwise operations of lane R.</summary>
internal static unsafe class FloatElementwiseKernels
{
    private const int PlainCost = 1;
    private const int DivisionCost = 4;
    private const int ExpCost = 16;
    private const int ElementsPerLine = 64;

    public static void Register(KernelTable.Builder table)
    {
        RegisterFunctions(table);
        table.Add(FloatElementwiseOps.Add, Combine<BinaryFloatFunctions.Add>);
        table.Add(FloatElementwiseOps.Subtract, Combine<BinaryFloatFunctions.Subtract>);
        table.Add(FloatElementwiseOps.Multiply, Combine<BinaryFloatFunctions.Multiply>);
        table.Add(FloatElementwiseOps.Divide, Combine<BinaryFloatFunctions.Divide>);
        table.Add(FloatElementwiseOps.Maximum, Combine<BinaryFloatFunctions.Maximum>);
        table.Add(FloatElementwiseOps.Minimum, Combine<BinaryFloatFunctions.Minimum>);
        table.Add(FloatElementwiseOps.ReluGradient, Combine<BinaryFloatFunctions.ReluGradient>);
        table.Add(FloatElementwiseOps.GeluGradient, CombineCostly<BinaryFloatFunctions.GeluGradient>);
        table.Add(FloatElementwiseOps.TanhGradient, Combine<BinaryFloatFunctions.TanhGradient>);
        table.Add(FloatElementwiseOps.SigmoidGradient, Combine<BinaryFloatFunctions.SigmoidGradient>);
        table.Add(FloatElementwiseOps.Fma, Fma);
        table.Add(FloatElementwiseOps.Convert, Convert);
    }

    private static void RegisterFunctions(KernelTable.Builder table)
    {
        table.Add(FloatElementwiseOps.Exp, Map<Fp32Functions.Exp>);
        table.Add(FloatElementwiseOps.Log, Map<Fp32Functions.Log>);
        table.Add(FloatElementwiseOps.Tanh, Map<Fp32Functions.Tanh>);
        table.Add(FloatElementwiseOps.Sigmoid, Map<Fp32Functions.Sigmoid>);
        table.Add(FloatElementwiseOps.Gelu, Map<Fp32Functions.Gelu>);
        table.Add(FloatElementwiseOps.Rsqrt, Map<Fp32Functions.Rsqrt>);
        table.Add(
            FloatElementwiseOps.Affine,
            static (KernelContext context, in TensorCall call) =>
                Map(context, call, PlainCost, new FloatFunctions.Affine(call.FloatImmediate(0), call.FloatImmediate(1))));
        table.Add(
            FloatElementwiseOps.Clamp,
            static (KernelContext context, in TensorCall call) =>
                Map(context, call, PlainCost, new FloatFunctions.Clamp(call.FloatImmediate(0), call.FloatImmediate(1))));
        table.Add(
            FloatElementwiseOps.Relu,
            static (KernelContext context, in TensorCall call) => Map(context, call, PlainCost, default(FloatFunctions.Relu)));
        table.Add(
            FloatElementwiseOps.Sqrt,
            static (KernelContext context, in TensorCall call) => Map(context, call, DivisionCost, default(FloatFunctions.Sqrt)));
        table.Add(
            FloatElementwiseOps.Abs,
            static (KernelContext context, in TensorCall call) => Map(context, call, PlainCost, default(FloatFunctions.Abs)));
    }

    private static long Map<TFunction>(KernelContext context, in TensorCall call)
        where TFunction : IFp32Function => Map(context, call, ExpCost, default(FloatFunctions.Elementary<TFunction>));

    private static long Map<TFunction>(KernelContext context, in TensorCall call, int cost, TFunction function)
        where TFunction : struct, IFloatFunction
    {
        fixed (float* d = call[0].Float32, s = call[1].Float32)
        {
            ElementKernel<MapStep<TFunction>>.Run(context, call[0].Length, cost, new MapStep<TFunction>(d, s, function));
        }

        return 0;
    }

    private static long Combine<TFunction>(KernelContext context, in TensorCall call)
        where TFunction : struct, IBinaryFloatFunction => Combine<TFunction>(context, call, PlainCost);

    private static long CombineCostly<TFunction>(KernelContext context, in TensorCall call)
        where TFunction : struct, IBinaryFloatFunction => Combine<TFunction>(context, call, ExpCost);

    private static long Combine<TFunction>(KernelContext context, in TensorCall call, int cost)
        where TFunction : struct, IBinaryFloatFunction
    {
        fixed (float* d = call[0].Float32, a = call[1].Float32, b = call[2].Float32)
        {
            long length = call[0].Length;
            BroadcastView view = new(context, call[0], call[2]);
            CombineKernel<TFunction> kernel = new(d, a, view.Operand(call[2], b), view.Columns, default);
            LaneRunner.Run(context, length, length * cost, ElementsPerLine, kernel);
        }

        return 0;
    }

    private static long Fma(KernelContext context, in TensorCall call)
    {
        fixed (float* d = call[0].Float32, a = call[1].Float32, b = call[2].Float32, c = call[3].Float32)
        {
            long length = call[0].Length;
            BroadcastView view = new(context, call[0], call[2], call[3]);
            FmaKernel kernel = new(d, a, view.Operand(call[2], b), view.Operand(call[3], c), view.Columns);
            LaneRunner.Run(context, length, length, ElementsPerLine, kernel);
        }

        return 0;
    }

    private static long Convert(KernelContext context, in TensorCall call) => call[1].Type switch
    {
        TensorType.Int8 => Convert<IntegerSources.Int8>(context, call),
        TensorType.UInt8 => Convert<IntegerSources.UInt8>(context, call),
        _ => Convert<IntegerSources.Int32>(context, call),
    };

    private static long Convert<TSource>(KernelContext context, in TensorCall call)
        where TSource : IIntegerSource
    {
        fixed (float* d = call[0].Float32)
        fixed (byte* s = call[1].Bytes)
        {
            ConvertStep<TSource> step = new(d, s, call.FloatImmediate(0), call.FloatImmediate(1));
            ElementKernel<ConvertStep<TSource>>.Run(context, call[0].Length, PlainCost, step);
        }

        return 0;
    }
}
