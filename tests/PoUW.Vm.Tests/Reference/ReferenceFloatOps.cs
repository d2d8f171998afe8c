using PoUW.Vm.Arithmetic;
using static PoUW.Vm.Tests.Reference.ReferenceOperation;

namespace PoUW.Vm.Tests.Reference;

/// <summary>The operations of lane R on one element of each operand.</summary>
internal static class ReferenceFloatOps
{
    public static IReadOnlyList<ReferenceOperation> All { get; } =
    [
        Two(32, "add_f32", (a, b) => a + b),
        Two(33, "subtract_f32", (a, b) => a - b),
        Two(34, "multiply_f32", (a, b) => a * b),
        Two(35, "divide_f32", (a, b) => a / b),
        Two(36, "maximum_f32", Greater),
        Two(37, "minimum_f32", (a, b) => -Greater(-a, -b)),
        Of(38, "fma_f32", 4, 0, 0, c => Each(c, (i, j) => MathF.FusedMultiplyAdd(c[1].F(i, j), Spread(c[2], i, j), Spread(c[3], i, j)))),
        Of(39, "affine_f32", 2, 2, 0, c => Each(c, (i, j) => MathF.FusedMultiplyAdd(c[1].F(i, j), c.Real(0), c.Real(1)))),
        One(40, "relu_f32", x => x <= 0 ? 0 : x),
        One(41, "exp_f32", Fp32.Exp),
        One(42, "log_f32", Fp32.Log),
        One(43, "tanh_f32", Fp32.Tanh),
        One(44, "sigmoid_f32", Fp32.Sigmoid),
        One(45, "gelu_f32", Fp32.Gelu),
        One(46, "sqrt_f32", x => (float)Math.Sqrt(x)),
        One(47, "rsqrt_f32", Rsqrt),
        One(48, "abs_f32", x => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(x) & int.MaxValue)),
        Two(49, "relu_gradient_f32", (g, x) => x > 0 ? g : 0),
        Two(50, "gelu_gradient_f32", (g, x) => g * Fp32.GeluGradient(x)),
        Two(51, "tanh_gradient_f32", (g, y) => g * MathF.FusedMultiplyAdd(-y, y, 1)),
        Two(52, "sigmoid_gradient_f32", (g, y) => g * (y * (1 - y))),
        Of(53, "clamp_f32", 2, 2, 0, c => Each(c, (i, j) => Clamp(c[1].F(i, j), c.Real(0), c.Real(1)))),
        Of(54, "convert_f32", 2, 2, 0, c => Each(c, (i, j) => MathF.FusedMultiplyAdd((float)c[1][i, j], c.Real(0), c.Real(1)))),
        Of(147, "batch_matmul_f32", 3, 3, 0, Products),
    ];

    /// <summary>IEEE 754-2019 maximum, by the order of the bits.</summary>
    public static float Greater(float a, float b) => float.IsNaN(a) || float.IsNaN(b) ? float.NaN : Rank(a) >= Rank(b) ? a : b;

    /// <summary>1 / sqrt(x) in binary64, rounded once more; at +-0 the zero's infinity.</summary>
    public static float Rsqrt(float x) => (float)(1 / Math.Sqrt((double)x));

    private static int Rank(float x)
    {
        int bits = BitConverter.SingleToInt32Bits(x);
        return bits >= 0 ? bits : int.MinValue - bits - 1;
    }

    private static float Clamp(float x, float low, float high)
    {
        float raised = x < low ? low : x;
        return raised > high ? high : raised;
    }

    private static ReferenceOperation One(byte code, string name, Func<float, float> function) =>
        Of(code, name, 2, 0, 0, c => Each(c, (i, j) => function(c[1].F(i, j))));

    private static ReferenceOperation Two(byte code, string name, Func<float, float, float> function) =>
        Of(code, name, 3, 0, 0, c => Each(c, (i, j) => function(c[1].F(i, j), Spread(c[2], i, j))));

    private static float Spread(ReferenceTensor operand, int row, int column) => operand.F(row % operand.Rows, column % operand.Columns);

    /// <summary>Computes all elements of the destination, then stores them: it may be an operand.</summary>
    private static void Each(ReferenceCall c, Func<int, int, float> value)
    {
        ReferenceTensor d = c[0];
        float[] values = [.. Enumerable.Range(0, d.Count).Select(at => value(at / d.Columns, at % d.Columns))];
        for (int i = 0; i < values.Length; i++)
        {
            d.SetF(i, values[i]);
        }
    }

    private static void Products(ReferenceCall c)
    {
        for (int part = 0; part < c.Immediates[0]; part++)
        {
            ReferenceProduct.Multiply(c[0], c[1], c[2], c.Immediates[1] == 1, c.Immediates[2] == 1, c.Immediates[0], part);
        }
    }
}
