using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Convolution;

/// <summary>
/// Two-dimensional convolutions on NHWC images and their gradients, in fp32 and int8. x and dx have a row for each pixel (image, y, x), y
/// and dy for each window (image, oy, ox), w and dw for each (ky, kx, channel of the group). Immediates: <see cref="ConvolutionGeometry"/>.
/// </summary>
public static class ConvolutionOps
{
    private const int FloatMacsPerGas = 96;
    private const int IntegerMacsPerGas = 128;
    private const int ElementsPerGas = 8;

    /// <summary>Exact int8 sums must fit 31 bits: so many products of -128 * -128 do.</summary>
    private const int MaxIntegerChain = int.MaxValue / (128 * 128);

    /// <summary>y = x * w: a chain of fma(x, w, sum) over (ky, kx, c) from +0; a tap in the padding is +0 and takes part.</summary>
    public static TensorOp Conv2D { get; } =
        new(128, "conv2d_f32", Write("y", TensorType.Float32), Read("x", TensorType.Float32), Read("w", TensorType.Float32))
        {
            Immediates = ConvolutionGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 1, weights: 2, outputs: 0),
            Work = (in TensorCallShape c) => Work(c, images: 1, outputs: 0, FloatMacsPerGas),
            Defined = FloatConvolution.Forward,
        };

    /// <summary>
    /// dx of dy and w: a chain of fma(dy, w, sum) over (ky, kx, o) from +0. A tap takes part if its window stands on the lattice of the
    /// windows (with strides of 1 each does); if that window is beyond the edge of the outputs, its dy is +0.
    /// </summary>
    public static TensorOp Conv2DInputGradient { get; } =
        new(129, "conv2d_input_gradient_f32", Write("dx", TensorType.Float32), Read("dy", TensorType.Float32), Read("w", TensorType.Float32))
        {
            Immediates = ConvolutionGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 0, weights: 2, outputs: 1),
            Work = (in TensorCallShape c) => Work(c, images: 0, outputs: 1, FloatMacsPerGas),
            Defined = FloatConvolution.InputGradient,
        };

    /// <summary>dw of dy and x: a chain of fma(x, dy, sum) over (image, oy, ox) from +0; an x in the padding is +0 and takes part.</summary>
    public static TensorOp Conv2DWeightGradient { get; } =
        new(130, "conv2d_weight_gradient_f32", Write("dw", TensorType.Float32), Read("dy", TensorType.Float32), Read("x", TensorType.Float32))
        {
            Immediates = ConvolutionGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 2, weights: 0, outputs: 1),
            Work = (in TensorCallShape c) => Work(c, images: 2, outputs: 1, FloatMacsPerGas),
            Defined = FloatConvolution.WeightGradient,
        };

    /// <summary>Int32 y = x * w, exact; at most 131,071 products a sum.</summary>
    public static TensorOp Conv2DInt8 { get; } =
        new(131, "conv2d_int8", Write("y", TensorType.Int32), Read("x", TensorType.Int8), Read("w", TensorType.Int8))
        {
            Immediates = ConvolutionGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 1, weights: 2, outputs: 0)
                ?? ChainProblem(Geometry(c).ChainLength(c[1].Columns)),
            Work = (in TensorCallShape c) => Work(c, images: 1, outputs: 0, IntegerMacsPerGas),
            Defined = IntegerConvolution.Forward,
        };

    /// <summary>Int32 dx of dy and w, exact; at most 131,071 products a sum.</summary>
    public static TensorOp Conv2DInputGradientInt8 { get; } =
        new(132, "conv2d_input_gradient_int8", Write("dx", TensorType.Int32), Read("dy", TensorType.Int8), Read("w", TensorType.Int8))
        {
            Immediates = ConvolutionGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 0, weights: 2, outputs: 1)
                ?? ChainProblem(Geometry(c).ChainLength(c[1].Columns)),
            Work = (in TensorCallShape c) => Work(c, images: 0, outputs: 1, IntegerMacsPerGas),
            Defined = IntegerConvolution.InputGradient,
        };

    /// <summary>Int32 dw of dy and x, exact; at most 131,071 windows.</summary>
    public static TensorOp Conv2DWeightGradientInt8 { get; } =
        new(133, "conv2d_weight_gradient_int8", Write("dw", TensorType.Int32), Read("dy", TensorType.Int8), Read("x", TensorType.Int8))
        {
            Immediates = ConvolutionGeometry.Immediates,
            Shapes = (in TensorCallShape c) => Problem(c, images: 2, weights: 0, outputs: 1) ?? ChainProblem(c[1].Rows),
            Work = (in TensorCallShape c) => Work(c, images: 2, outputs: 1, IntegerMacsPerGas),
            Defined = IntegerConvolution.WeightGradient,
        };

    /// <summary>Int8 d: row (image, oy, ox) holds the taps of a window of x in the order (ky, kx, c), 0 in the padding.</summary>
    public static TensorOp ImageToColumnsInt8 { get; } = new(134, "im2col_int8", Write("d", TensorType.Int8), Read("x", TensorType.Int8))
    {
        Immediates = PoolingGeometry.Immediates,
        Shapes = (in TensorCallShape c) => ColumnsProblem(PoolingGeometry.Decode(c.Immediates), images: c[1], columns: c[0]),
        Work = (in TensorCallShape c) => CeilingDivide(c[0].Length, ElementsPerGas),
        Defined = IntegerConvolution.ImageToColumns,
    };

    /// <summary>Int32 d: every pixel gets the sum, modulo 2^32, of the elements of Int32 s whose taps lie on it.</summary>
    public static TensorOp ColumnsToImageInt32 { get; } = new(135, "col2im_int32", Write("d", TensorType.Int32), Read("s", TensorType.Int32))
    {
        Immediates = PoolingGeometry.Immediates,
        Shapes = (in TensorCallShape c) => ColumnsProblem(PoolingGeometry.Decode(c.Immediates), images: c[0], columns: c[1]),
        Work = (in TensorCallShape c) => CeilingDivide(c[0].Length + (2 * c[1].Length), ElementsPerGas),
        Defined = IntegerConvolution.ColumnsToImage,
    };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } =
    [
        Conv2D, Conv2DInputGradient, Conv2DWeightGradient, Conv2DInt8, Conv2DInputGradientInt8, Conv2DWeightGradientInt8,
        ImageToColumnsInt8, ColumnsToImageInt32,
    ];

    private static ConvolutionGeometry Geometry(in TensorCallShape call) => ConvolutionGeometry.Decode(call.Immediates);

    private static string? Problem(in TensorCallShape call, int images, int weights, int outputs) =>
        Geometry(call).Problem(call[images], call[weights], call[outputs]);

    private static string? ChainProblem(long products) => ShapeRules.Require(
        products <= MaxIntegerChain, $"sums of {products} products may not fit 32 bits; at most {MaxIntegerChain} do");

    private static string? ColumnsProblem(PoolingGeometry windows, TensorShape images, TensorShape columns)
    {
        if (windows.Problem() is { } problem)
        {
            return problem;
        }

        long length = (long)windows.Taps * images.Columns;
        return ShapeRules.Require(
            images.Rows == windows.InputRows && columns.Rows == windows.OutputRows && columns.Columns == length,
            $"images {images} and columns {columns}, the geometry needs {windows.InputRows} rows and {windows.OutputRows}x{length}");
    }

    /// <summary>Products, and every element of the three operands once: strides may leave few products for large images.</summary>
    private static long Work(in TensorCallShape call, int images, int outputs, int macsPerGas) =>
        CeilingDivide(Geometry(call).MacCount(call[images].Columns, call[outputs].Columns), macsPerGas)
        + CeilingDivide(call[0].Length + call[1].Length + call[2].Length, ElementsPerGas);

    private static long CeilingDivide(long value, int divisor) => (value + divisor - 1) / divisor;
}
