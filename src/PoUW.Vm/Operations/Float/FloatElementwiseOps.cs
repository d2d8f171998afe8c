using PoUW.Vm.Arithmetic;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Operations.OperandSpec;

namespace PoUW.Vm.Operations.Float;

/// <summary>
/// The operations of lane R whose result depends on one element of each operand. All tensors are Float32 and R x C unless it is said;
/// an operand that is broadcast has R rows or 1, and C columns or 1. Each +, -, *, / and square root rounds once to nearest even with
/// denormals kept; fma rounds once; every NaN that is stored is 0x7FC00000. A destination may be an operand.
/// </summary>
public static class FloatElementwiseOps
{
    private const int PlainGas = 2;
    private const int DivisionGas = 4;
    private const int ExpGas = 16;
    private const int GeluGas = 48;

    /// <summary>d = a + b, b broadcast.</summary>
    public static TensorOp Add { get; } = Binary(32, "add_f32", static (a, b) => a + b);

    /// <summary>d = a - b, b broadcast.</summary>
    public static TensorOp Subtract { get; } = Binary(33, "subtract_f32", static (a, b) => a - b);

    /// <summary>d = a * b, b broadcast.</summary>
    public static TensorOp Multiply { get; } = Binary(34, "multiply_f32", static (a, b) => a * b);

    /// <summary>d = a / b, b broadcast.</summary>
    public static TensorOp Divide { get; } = Binary(35, "divide_f32", static (a, b) => a / b, DivisionGas);

    /// <summary>d = Fp32.Max(a, b), b broadcast: NaN if either is, and +0 is above -0.</summary>
    public static TensorOp Maximum { get; } = Binary(36, "maximum_f32", Fp32.Max);

    /// <summary>d = Fp32.Min(a, b), b broadcast: NaN if either is, and -0 is below +0.</summary>
    public static TensorOp Minimum { get; } = Binary(37, "minimum_f32", Fp32.Min);

    /// <summary>d = fma(a, b, c), b and c broadcast.</summary>
    public static TensorOp Fma { get; } = new(38, "fma_f32", WriteFloat("d"), ReadFloat("a"), ReadFloat("b"), ReadFloat("c"))
    {
        MayAlias = true,
        Shapes = (in TensorCallShape c) =>
            ShapeRules.SizeOf("a", c[1], c[0]) ?? ShapeRules.Broadcast("b", c[2], c[0]) ?? ShapeRules.Broadcast("c", c[3], c[0]),
        GasWeight = PlainGas,
        Defined = FloatElementwise.Fma,
    };

    /// <summary>d = fma(s, scale, offset).</summary>
    public static TensorOp Affine { get; } = new(39, "affine_f32", WriteFloat("d"), ReadFloat("s"))
    {
        Immediates = [ImmediateSpec.Float("scale"), ImmediateSpec.Float("offset")],
        MayAlias = true,
        Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("s", c[1], c[0]),
        GasWeight = PlainGas,
        Defined = FloatElementwise.Affine,
    };

    /// <summary>d = s where s is above 0 or NaN, else +0.</summary>
    public static TensorOp Relu { get; } = Unary(40, "relu_f32", FloatElementwise.Relu, PlainGas);

    /// <summary>d = Fp32.Exp(s).</summary>
    public static TensorOp Exp { get; } = Unary(41, "exp_f32", Fp32.Exp, ExpGas);

    /// <summary>d = Fp32.Log(s), the natural logarithm.</summary>
    public static TensorOp Log { get; } = Unary(42, "log_f32", Fp32.Log, ExpGas);

    /// <summary>d = Fp32.Tanh(s).</summary>
    public static TensorOp Tanh { get; } = Unary(43, "tanh_f32", Fp32.Tanh, ExpGas);

    /// <summary>d = Fp32.Sigmoid(s).</summary>
    public static TensorOp Sigmoid { get; } = Unary(44, "sigmoid_f32", Fp32.Sigmoid, ExpGas);

    /// <summary>d = Fp32.Gelu(s), the exact GELU.</summary>
    public static TensorOp Gelu { get; } = Unary(45, "gelu_f32", Fp32.Gelu, GeluGas);

    /// <summary>d = square root of s; NaN below zero, sqrt(-0) = -0.</summary>
    public static TensorOp Sqrt { get; } = Unary(46, "sqrt_f32", MathF.Sqrt, DivisionGas);

    /// <summary>d = Fp32.Rsqrt(s): 1 / sqrt(s), rounded once.</summary>
    public static TensorOp Rsqrt { get; } = Unary(47, "rsqrt_f32", Fp32.Rsqrt, ExpGas);

    /// <summary>d = |s|: the sign bit is cleared.</summary>
    public static TensorOp Abs { get; } = Unary(48, "abs_f32", MathF.Abs, PlainGas);

    /// <summary>d = g where x is above 0, else +0 (also where x is NaN). x is the argument of relu, or its result.</summary>
    public static TensorOp ReluGradient { get; } = Gradient(49, "relu_gradient_f32", "x", FloatElementwise.ReluGradient, PlainGas);

    /// <summary>d = g * Fp32.GeluGradient(x). x is the argument of gelu.</summary>
    public static TensorOp GeluGradient { get; } = Gradient(50, "gelu_gradient_f32", "x", FloatElementwise.GeluGradient, GeluGas);

    /// <summary>d = g * fma(-y, y, 1). y is the result of tanh.</summary>
    public static TensorOp TanhGradient { get; } = Gradient(51, "tanh_gradient_f32", "y", FloatElementwise.TanhGradient, PlainGas);

    /// <summary>d = g * (y * (1 - y)). y is the result of sigmoid.</summary>
    public static TensorOp SigmoidGradient { get; } =
        Gradient(52, "sigmoid_gradient_f32", "y", FloatElementwise.SigmoidGradient, DivisionGas);

    /// <summary>d = low where s is below it, high where s is above it, else s (NaN and the sign of a zero stay); low is at most high.</summary>
    public static TensorOp Clamp { get; } = new(53, "clamp_f32", WriteFloat("d"), ReadFloat("s"))
    {
        Immediates = [ImmediateSpec.Float("low"), ImmediateSpec.Float("high")],
        MayAlias = true,
        Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("s", c[1], c[0])
            ?? ShapeRules.Require(c.FloatImmediate(0) <= c.FloatImmediate(1), "'low' is above 'high'"),
        GasWeight = PlainGas,
        Defined = FloatElementwise.Clamp,
    };

    /// <summary>d = fma((float)s, scale, offset), s Int8, UInt8 or Int32; the conversion rounds to nearest even.</summary>
    public static TensorOp Convert { get; } =
        new(54, "convert_f32", WriteFloat("d"), Read("s", TensorType.Int8, TensorType.UInt8, TensorType.Int32))
        {
            Immediates = [ImmediateSpec.Float("scale"), ImmediateSpec.Float("offset")],
            MayAlias = true,
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("s", c[1], c[0]),
            GasWeight = PlainGas,
            Defined = FloatElementwise.Convert,
        };

    /// <summary>The family.</summary>
    internal static IReadOnlyList<TensorOp> All { get; } =
    [
        Add, Subtract, Multiply, Divide, Maximum, Minimum, Fma, Affine, Relu, Exp, Log, Tanh, Sigmoid, Gelu, Sqrt, Rsqrt, Abs,
        ReluGradient, GeluGradient, TanhGradient, SigmoidGradient, Clamp, Convert,
    ];

    private static TensorOp Unary(byte code, string name, Func<float, float> function, int gas) =>
        new(code, name, WriteFloat("d"), ReadFloat("s"))
        {
            MayAlias = true,
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("s", c[1], c[0]),
            GasWeight = gas,
            Defined = (in TensorCall c) => FloatElementwise.Map(c, function),
        };

    private static TensorOp Binary(byte code, string name, Func<float, float, float> function, int gas = PlainGas) =>
        new(code, name, WriteFloat("d"), ReadFloat("a"), ReadFloat("b"))
        {
            MayAlias = true,
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("a", c[1], c[0]) ?? ShapeRules.Broadcast("b", c[2], c[0]),
            GasWeight = gas,
            Defined = (in TensorCall c) => FloatElementwise.Combine(c, function),
        };

    /// <summary>d = function(g, x or y), all of one size.</summary>
    private static TensorOp Gradient(byte code, string name, string saved, Func<float, float, float> function, int gas) =>
        new(code, name, WriteFloat("d"), ReadFloat("g"), ReadFloat(saved))
        {
            MayAlias = true,
            Shapes = (in TensorCallShape c) => ShapeRules.SizeOf("g", c[1], c[0]) ?? ShapeRules.SizeOf(saved, c[2], c[0]),
            GasWeight = gas,
            Defined = (in TensorCall c) => FloatElementwise.Combine(c, function),
        };
}
