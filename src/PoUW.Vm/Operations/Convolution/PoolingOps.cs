using PoUW.Vm.Execution;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Convolution;

/// <summary>
/// Pooling of NHWC images and its gradients, in fp32 and int8. x and dx have a row for each pixel (image, y, x), y, dy and index for each
/// window (image, oy, ox); all have one column a channel. Immediates: <see cref="PoolingGeometry"/>. Padding never wins and adds nothing.
/// </summary>
public static class PoolingOps
{
    private const int ElementsPerGas = 8;

    /// <summary>
    /// y = largest tap of each window, index = its row in x. Taps are seen in the order (ky, kx); a later one wins if it is greater, or if
    /// it is NaN and the winner so far is not.
    /// </summary>
    public static TensorOp MaxPool { get; } =
        new(137, "max_pool_f32", Write("y", TensorType.Float32), Write("index", TensorType.Int32), Read("x", TensorType.Float32))
        {
            Immediates = PoolingGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 2, outputs: 0, index: 1),
            Work = (in TensorCallShape c) => Work(c, images: 2, outputs: 0),
            Defined = FloatPooling.Max,
        };

    /// <summary>
    /// dx = 0, then, for the rows of dy in increasing order, dx[index] = dx[index] + dy. Indices outside the images trap with
    /// ElementOutOfRange; they need not belong to the windows.
    /// </summary>
    public static TensorOp MaxPoolGradient { get; } =
        new(138, "max_pool_gradient_f32", Write("dx", TensorType.Float32), Read("dy", TensorType.Float32), Read("index", TensorType.Int32))
        {
            Immediates = PoolingGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 0, outputs: 1, index: 2),
            Contents = Indices,
            Work = ScatterWork,
            Defined = FloatPooling.MaxGradient,
        };

    /// <summary>y = (sum from +0 of the taps on pixels in the order (ky, kx)) / (kernel_h * kernel_w).</summary>
    public static TensorOp AveragePool { get; } =
        new(139, "avg_pool_f32", Write("y", TensorType.Float32), Read("x", TensorType.Float32))
        {
            Immediates = PoolingGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 1, outputs: 0),
            Work = (in TensorCallShape c) => Work(c, images: 1, outputs: 0),
            Defined = FloatPooling.Average,
        };

    /// <summary>dx = sum from +0, over the windows on the pixel in increasing order of their rows, of dy / (kernel_h * kernel_w).</summary>
    public static TensorOp AveragePoolGradient { get; } =
        new(140, "avg_pool_gradient_f32", Write("dx", TensorType.Float32), Read("dy", TensorType.Float32))
        {
            Immediates = PoolingGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 0, outputs: 1),
            Work = (in TensorCallShape c) => Work(c, images: 0, outputs: 1),
            Defined = FloatPooling.AverageGradient,
        };

    /// <summary>Int8 y = largest tap of each window, index = its row in x; the first of equals in the order (ky, kx) wins.</summary>
    public static TensorOp MaxPoolInt8 { get; } =
        new(141, "max_pool_int8", Write("y", TensorType.Int8), Write("index", TensorType.Int32), Read("x", TensorType.Int8))
        {
            Immediates = PoolingGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 2, outputs: 0, index: 1),
            Work = (in TensorCallShape c) => Work(c, images: 2, outputs: 0),
            Defined = IntegerPooling.Max,
        };

    /// <summary>Int32 dx[index] = sum of Int8 dy, modulo 2^32. Indices outside the images trap with ElementOutOfRange.</summary>
    public static TensorOp MaxPoolGradientInt8 { get; } =
        new(142, "max_pool_gradient_int8", Write("dx", TensorType.Int32), Read("dy", TensorType.Int8), Read("index", TensorType.Int32))
        {
            Immediates = PoolingGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 0, outputs: 1, index: 2),
            Contents = Indices,
            Work = ScatterWork,
            Defined = IntegerPooling.MaxGradient,
        };

    /// <summary>Int32 y = sum of the taps of a window that lie on pixels.</summary>
    public static TensorOp SumPoolInt8 { get; } = new(143, "sum_pool_int8", Write("y", TensorType.Int32), Read("x", TensorType.Int8))
    {
        Immediates = PoolingGeometry.Immediates,
        Shapes = (in TensorCallShape c) => Problem(c, images: 1, outputs: 0),
        Work = (in TensorCallShape c) => Work(c, images: 1, outputs: 0),
        Defined = IntegerPooling.Sum,
    };

    /// <summary>Int32 dx = sum of Int8 dy of the windows on the pixel.</summary>
    public static TensorOp SumPoolGradientInt8 { get; } =
        new(144, "sum_pool_gradient_int8", Write("dx", TensorType.Int32), Read("dy", TensorType.Int8))
        {
            Immediates = PoolingGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 0, outputs: 1),
            Work = (in TensorCallShape c) => Work(c, images: 0, outputs: 1),
            Defined = IntegerPooling.SumGradient,
        };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } =
    [
        MaxPool, MaxPoolGradient, AveragePool, AveragePoolGradient, MaxPoolInt8, MaxPoolGradientInt8, SumPoolInt8, SumPoolGradientInt8,
    ];

    private static string? Problem(in TensorCallShape call, int images, int outputs, int? index = null)
    {
        PoolingGeometry windows = PoolingGeometry.Decode(call.Immediates);
        if (windows.Problem() is { } problem)
        {
            return problem;
        }

        if (call[images].Rows != windows.InputRows)
        {
            return $"the images are {call[images]}, the geometry needs {windows.InputRows} rows";
        }

        TensorShape needed = call[images] with { Rows = call[outputs].Rows };
        if (call[outputs].Rows != windows.OutputRows || !call[outputs].HasSizeOf(needed))
        {
            return $"the outputs are {call[outputs]}, the geometry needs {windows.OutputRows}x{call[images].Columns}";
        }

        return ShapeRules.Require(
            index is null || call[index.Value].HasSizeOf(call[outputs]), "the index needs the shape of the outputs");
    }

    private static VmTrap Indices(in TensorCall call) =>
        OperandRange.AreIndices(call[2].Int32, call[0].Rows) ? VmTrap.None : VmTrap.ElementOutOfRange;

    private static long Work(in TensorCallShape call, int images, int outputs) =>
        CeilingDivide(call[images].Length + (call[outputs].Length * PoolingGeometry.Decode(call.Immediates).Taps), ElementsPerGas);

    /// <summary>One indexed addition an output.</summary>
    private static long ScatterWork(in TensorCallShape call) =>
        CeilingDivide(call[0].Length + (call[1].Length * ElementsPerGas), ElementsPerGas);

    private static long CeilingDivide(long value, int divisor) => (value + divisor - 1) / divisor;
}
