using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Float;

[TestFixture]
public sealed class FloatElementwiseTests
{
    private const uint MinusZero = 0x80000000;
    private const uint Infinity = 0x7F800000;
    private const uint OddNaN = 0xFFC12345;
    private const uint Smallest = 1;

    private static readonly (int Rows, int Columns)[] BroadcastSizes = [(3, 4), (1, 4), (3, 1), (1, 1)];

    [TestCase("add_f32", new[] { 5f, 1, -2, 4.5f })]
    [TestCase("subtract_f32", new[] { -3f, 3, 8, -3.5f })]
    [TestCase("multiply_f32", new[] { 4f, -2, -15, 2 })]
    [TestCase("divide_f32", new[] { 0.25f, -2, -0.6f, 0.125f })]
    [TestCase("maximum_f32", new[] { 4f, 2, 3, 4 })]
    [TestCase("minimum_f32", new[] { 1f, -1, -5, 0.5f })]
    public void Combines(string name, float[] expected)
    {
        Tensor d = Run(TensorOps.Find(name)!, Empty(2, 2), Floats(2, 2, 1, 2, 3, 0.5f), Floats(2, 2, 4, -1, -5, 4));
        Assert.That(d.Float32.ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void BroadcastsTheSecondOperand()
    {
        Tensor a = Random(3, 4, 1);
        foreach ((int rows, int columns) in BroadcastSizes)
        {
            Tensor b = Random(rows, columns, 2);
            Tensor sum = Run(FloatElementwiseOps.Add, Empty(3, 4), a, b);
            Tensor quotient = Run(FloatElementwiseOps.Divide, Empty(3, 4), a, b);
            for (int i = 0; i < a.Length; i++)
            {
                float other = At(b, i / 4, i % 4);
                Assert.That(sum.Float32[i], Is.EqualTo(a.Float32[i] + other));
                Assert.That(quotient.Float32[i], Is.EqualTo(a.Float32[i] / other));
            }
        }
    }

    [Test]
    public void FmaBroadcastsBothAddendAndFactor()
    {
        Tensor a = Random(3, 4, 3);
        foreach ((int rows, int columns) in BroadcastSizes)
        {
            foreach ((int rowsC, int columnsC) in BroadcastSizes)
            {
                (Tensor b, Tensor c) = (Random(rows, columns, 4), Random(rowsC, columnsC, 5));
                Tensor d = Run(FloatElementwiseOps.Fma, Empty(3, 4), a, b, c);
                for (int i = 0; i < a.Length; i++)
                {
                    float expected = MathF.FusedMultiplyAdd(a.Float32[i], At(b, i / 4, i % 4), At(c, i / 4, i % 4));
                    Assert.That(d.Float32[i], Is.EqualTo(expected));
                }
            }
        }
    }

    /// <summary>(1 + 2^-23)(1 - 2^-23) - 1 is -2^-46; with two roundings it would be 0.</summary>
    [Test]
    public void FmaAndAffineRoundOnce()
    {
        (float above, float below) = (1 + MathF.ScaleB(1, -23), 1 - MathF.ScaleB(1, -23));
        Tensor fma = Run(FloatElementwiseOps.Fma, Empty(1, 1), Floats(1, 1, above), Floats(1, 1, below), Floats(1, 1, -1));
        Tensor affine = Run(FloatElementwiseOps.Affine, [Immediate(below), Immediate(-1)], [], Empty(1, 1), Floats(1, 1, above));
        Assert.That(fma.Float32[0], Is.EqualTo(-MathF.ScaleB(1, -46)));
        Assert.That(affine.Float32[0], Is.EqualTo(-MathF.ScaleB(1, -46)));
    }

    [TestCase("add_f32", Smallest, Smallest, 2u)]
    [TestCase("subtract_f32", 0x00800000u, Smallest, 0x007FFFFFu)]
    [TestCase("multiply_f32", 0x00800000u, 0x3F000000u, 0x00400000u)]
    [TestCase("divide_f32", 0x00800000u, 0x40000000u, 0x00400000u)]
    [TestCase("multiply_f32", Smallest, 0x3F000000u, 0u)]
    [TestCase("divide_f32", 0x3F800000u, MinusZero, 0xFF800000u)]
    [TestCase("divide_f32", 0u, 0u, NaNBits)]
    [TestCase("subtract_f32", Infinity, Infinity, NaNBits)]
    [TestCase("add_f32", MinusZero, MinusZero, MinusZero)]
    [TestCase("add_f32", OddNaN, 0u, NaNBits)]
    [TestCase("maximum_f32", MinusZero, 0u, 0u)]
    [TestCase("maximum_f32", 0u, MinusZero, 0u)]
    [TestCase("minimum_f32", MinusZero, 0u, MinusZero)]
    [TestCase("minimum_f32", 0u, MinusZero, MinusZero)]
    [TestCase("maximum_f32", OddNaN, Infinity, NaNBits)]
    [TestCase("maximum_f32", Infinity, OddNaN, NaNBits)]
    [TestCase("minimum_f32", 0u, OddNaN, NaNBits)]
    [TestCase("relu_gradient_f32", OddNaN, 0x3F800000u, NaNBits)]
    [TestCase("relu_gradient_f32", OddNaN, 0u, 0u)]
    [TestCase("relu_gradient_f32", 0x3F800000u, OddNaN, 0u)]
    [TestCase("relu_gradient_f32", 0xBF800000u, Smallest, 0xBF800000u)]
    [TestCase("relu_gradient_f32", 0xBF800000u, MinusZero, 0u)]
    [TestCase("gelu_gradient_f32", 0x40000000u, 0u, 0x3F800000u)]
    [TestCase("tanh_gradient_f32", 0x40000000u, 0x3F000000u, 0x3FC00000u)]
    [TestCase("sigmoid_gradient_f32", 0x40000000u, 0x3F000000u, 0x3F000000u)]
    public void BitsOfTwo(string name, uint a, uint b, uint expected)
    {
        Tensor d = Run(TensorOps.Find(name)!, Empty(1, 1), Floats(1, 1, Bits(a)), Floats(1, 1, Bits(b)));
        Assert.That(BitsOf(d)[0], Is.EqualTo(expected));
    }

    [TestCase("relu_f32", MinusZero, 0u)]
    [TestCase("relu_f32", 0xFF800000u, 0u)]
    [TestCase("relu_f32", Infinity, Infinity)]
    [TestCase("relu_f32", Smallest, Smallest)]
    [TestCase("relu_f32", OddNaN, NaNBits)]
    [TestCase("exp_f32", 0x3F800000u, 0x402DF854u)]
    [TestCase("exp_f32", 0xFF800000u, 0u)]
    [TestCase("exp_f32", OddNaN, NaNBits)]
    [TestCase("log_f32", 0x40000000u, 0x3F317218u)]
    [TestCase("log_f32", 0x80000001u, NaNBits)]
    [TestCase("log_f32", MinusZero, 0xFF800000u)]
    [TestCase("tanh_f32", Infinity, 0x3F800000u)]
    [TestCase("tanh_f32", MinusZero, MinusZero)]
    [TestCase("sigmoid_f32", 0u, 0x3F000000u)]
    [TestCase("gelu_f32", 0u, 0u)]
    [TestCase("gelu_f32", OddNaN, NaNBits)]
    [TestCase("sqrt_f32", 0x40000000u, 0x3FB504F3u)]
    [TestCase("sqrt_f32", MinusZero, MinusZero)]
    [TestCase("sqrt_f32", 0xBF800000u, NaNBits)]
    [TestCase("sqrt_f32", Smallest, 0x1A3504F3u)]
    [TestCase("rsqrt_f32", 0x40800000u, 0x3F000000u)]
    [TestCase("rsqrt_f32", 0u, Infinity)]
    [TestCase("abs_f32", MinusZero, 0u)]
    [TestCase("abs_f32", 0x80000001u, Smallest)]
    [TestCase("abs_f32", OddNaN, NaNBits)]
    public void BitsOfOne(string name, uint s, uint expected)
    {
        Tensor d = Run(TensorOps.Find(name)!, Empty(1, 1), Floats(1, 1, Bits(s)));
        Assert.That(BitsOf(d)[0], Is.EqualTo(expected));
    }

    [TestCase("exp_f32", -1.5f, 0.22313016014842982)]
    [TestCase("log_f32", 10f, 2.302585092994046)]
    [TestCase("tanh_f32", 0.5f, 0.46211715726000975)]
    [TestCase("sigmoid_f32", 1f, 0.7310585786300049)]
    [TestCase("gelu_f32", 1f, 0.8413447460685429)]
    [TestCase("gelu_f32", -2f, -0.04550026389635842)]
    [TestCase("rsqrt_f32", 2f, 0.7071067811865476)]
    public void FunctionsAreThoseOfAnalysis(string name, float s, double expected)
    {
        Tensor d = Run(TensorOps.Find(name)!, Empty(1, 1), Floats(1, 1, s));
        Assert.That(d.Float32[0], Is.EqualTo(expected).Within(1e-7 * Math.Abs(expected)));
    }

    [Test]
    public void ClampKeepsZerosAndNaN()
    {
        Tensor s = Floats(1, 7, Bits(MinusZero), Bits(OddNaN), -1, 3, 1, float.PositiveInfinity, float.NegativeInfinity);
        Tensor d = Run(FloatElementwiseOps.Clamp, [Immediate(0), Immediate(2)], [], Empty(1, 7), s);
        Assert.That(BitsOf(d), Is.EqualTo(new[] { MinusZero, NaNBits, 0u, 0x40000000u, 0x3F800000u, 0x40000000u, 0u }));
    }

    [Test]
    public void ConvertScalesEveryIntegerType()
    {
        int[] half = [Immediate(0.5f), Immediate(1)];
        Tensor bytes = new(TensorType.UInt8, 1, 2);
        new byte[] { 255, 0 }.CopyTo(bytes.UInt8);
        Tensor signed = new(TensorType.Int8, 1, 2);
        new sbyte[] { -128, 127 }.CopyTo(signed.Int8);
        Assert.That(Run(FloatElementwiseOps.Convert, half, [], Empty(1, 2), bytes).Float32.ToArray(), Is.EqualTo(new[] { 128.5f, 1 }));
        Assert.That(Run(FloatElementwiseOps.Convert, half, [], Empty(1, 2), signed).Float32.ToArray(), Is.EqualTo(new[] { -63, 64.5f }));
    }

    /// <summary>The integer is rounded to fp32, to even, before it is scaled.</summary>
    [Test]
    public void ConvertRoundsLargeIntegersToEven()
    {
        Tensor s = Ints(1, 4, 16777217, 16777219, int.MinValue, int.MaxValue);
        Tensor d = Run(FloatElementwiseOps.Convert, [Immediate(1), Immediate(0)], [], Empty(1, 4), s);
        Assert.That(d.Float32.ToArray(), Is.EqualTo(new[] { 16777216f, 16777220f, -2147483648f, 2147483648f }));
    }

    private static float At(Tensor b, int row, int column) => (b.Rows, b.Columns) switch
    {
        (1, 1) => b.Float32[0],
        (1, _) => b.Float32[column],
        (_, 1) => b.Float32[row],
        _ => b.Float32[(row * b.Columns) + column],
    };
}
