using PoUW.Vm.Arithmetic;
using PoUW.Vm.Execution;
using PoUW.Vm.Operations.Float;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Float;

[TestFixture]
public sealed class FloatReductionTests
{
    private const float NaN = float.NaN;

    /// <summary>From the left 1e8 + 1 loses its 1 and the last 1 stays: 1. In pairs or from the right it would be 2 or 0.</summary>
    [Test]
    public void SumsAreChainsInOrder()
    {
        Tensor row = Floats(2, 4, 1e8f, 1, -1e8f, 1, 1, 1, 1, 0.5f);
        Assert.That(Run(FloatReductionOps.SumColumns, Empty(2, 1), row).Float32.ToArray(), Is.EqualTo(new[] { 1f, 3.5f }));
        Tensor column = Floats(4, 2, 1e8f, 1, 1, 1, -1e8f, 1, 1, 0.5f);
        Assert.That(Run(FloatReductionOps.SumRows, Empty(1, 2), column).Float32.ToArray(), Is.EqualTo(new[] { 1f, 3.5f }));
    }

    [Test]
    public void ChainsStartAtPlusZero()
    {
        Tensor zero = Floats(1, 1, -0f);
        Assert.That(BitsOf(Run(FloatReductionOps.SumColumns, Empty(1, 1), zero))[0], Is.Zero);
        Assert.That(BitsOf(Run(FloatReductionOps.SumRows, Empty(1, 1), zero))[0], Is.Zero);
        Assert.That(BitsOf(Run(FloatReductionOps.MaxColumns, Empty(1, 1), zero))[0], Is.EqualTo(0x80000000));
    }

    /// <summary>(1 + 2^-12)^2 + 2^-24 is 1 + 2^-11 + 2^-23 with one rounding, 1 + 2^-11 with two.</summary>
    [Test]
    public void SumSquaresIsAChainOfFma()
    {
        Tensor s = Floats(2, 2, MathF.ScaleB(1, -12), 1 + MathF.ScaleB(1, -12), 3, -4);
        float expected = 1 + MathF.ScaleB(1, -11) + MathF.ScaleB(1, -23);
        Assert.That(Run(FloatReductionOps.SumSquares, Empty(2, 1), s).Float32.ToArray(), Is.EqualTo(new[] { expected, 25 }));
    }

    [Test]
    public void MaxColumnsPropagatesNaNAndOrdersZeros()
    {
        Tensor s = Floats(4, 3, 1, 3, 2, 5, Bits(0xFFC12345), 7, -0f, 0, -0f, -3, float.NegativeInfinity, -2);
        Assert.That(BitsOf(Run(FloatReductionOps.MaxColumns, Empty(4, 1), s)), Is.EqualTo(new uint[] { 0x40400000, NaNBits, 0, 0xC0000000 }));
    }

    [TestCase(new[] { 1f, 3, 3 }, 1)]
    [TestCase(new[] { -0f, 0, 0 }, 0)]
    [TestCase(new[] { NaN, 3, 4 }, 0)]
    [TestCase(new[] { 1, NaN, 4 }, 2)]
    [TestCase(new[] { 1, 0, NaN }, 0)]
    [TestCase(new[] { float.NegativeInfinity, -1, float.PositiveInfinity }, 2)]
    public void ArgMaxTakesTheFirstOfTheLargest(float[] row, int expected)
    {
        Tensor d = Ints(2, 1, -1, -1);
        Run(FloatReductionOps.ArgMaxRows, d, Floats(2, 3, [5, 6, 7, .. row]));
        Assert.That(d.Int32.ToArray(), Is.EqualTo(new[] { 2, expected }));
    }

    [Test]
    public void SoftmaxOfEachRow()
    {
        float[] x = [1, 2, 3, 100, 100, 100, 0, -5, 4];
        Tensor d = Run(FloatReductionOps.Softmax, Empty(3, 3), Floats(3, 3, x));
        for (int row = 0; row < 3; row++)
        {
            double[] e = [.. x[(3 * row)..((3 * row) + 3)].Select(static v => Math.Exp(v))];
            for (int j = 0; j < 3; j++)
            {
                Assert.That(d.Float32[(3 * row) + j], Is.EqualTo(e[j] / e.Sum()).Within(1e-7));
            }
        }
    }

    /// <summary>m = 2: e = 1, exp(-2), exp(-1). The bits follow from these three and the order of the sum.</summary>
    [Test]
    public void SoftmaxDividesByTheChain()
    {
        (float e0, float e1, float e2) = (1, Fp32.Exp(-2), Fp32.Exp(-1));
        float sum = e0 + e1 + e2;
        Tensor d = Run(FloatReductionOps.Softmax, Empty(1, 3), Floats(1, 3, 2, 0, 1));
        Assert.That(d.Float32.ToArray(), Is.EqualTo(new[] { e0 / sum, e1 / sum, e2 / sum }));
    }

    [Test]
    public void SoftmaxOfSpecialRows()
    {
        Tensor s = Floats(4, 2, float.NegativeInfinity, 1, float.PositiveInfinity, 1, 1, NaN, float.NegativeInfinity, float.NegativeInfinity);
        uint[] expected = [0, 0x3F800000, NaNBits, NaNBits, NaNBits, NaNBits, NaNBits, NaNBits];
        Assert.That(BitsOf(Run(FloatReductionOps.Softmax, Empty(4, 2), s)), Is.EqualTo(expected));
    }

    /// <summary>Equal logits make every row uniform over the columns that take part; what is beyond them is not read.</summary>
    [Test]
    public void CausalSoftmaxSeesAPrefix()
    {
        Tensor s = Floats(5, 4, 7, NaN, NaN, NaN, 7, 7, NaN, NaN, 7, 7, 7, NaN, 7, NaN, NaN, NaN, 7, 7, NaN, NaN);
        Tensor d = Run(FloatReductionOps.SoftmaxCausal, [3], [], Empty(5, 4), s);
        const float third = 1f / 3;
        float[] expected = [1, 0, 0, 0, 0.5f, 0.5f, 0, 0, third, third, third, 0, 1, 0, 0, 0, 0.5f, 0.5f, 0, 0];
        Assert.That(d.Float32.ToArray(), Is.EqualTo(expected));
        Assert.That(BitsOf(d)[1], Is.Zero);
    }

    [Test]
    public void CausalSoftmaxOfNarrowRowsIsSoftmaxOfAll()
    {
        Tensor s = Random(6, 2, 11);
        Tensor causal = Run(FloatReductionOps.SoftmaxCausal, [int.MaxValue], [], Empty(6, 2), s);
        Tensor plain = Run(FloatReductionOps.Softmax, Empty(6, 2), s);
        Assert.That(BitsOf(causal)[2..], Is.EqualTo(BitsOf(plain)[2..]));
        Assert.That(causal.Float32[..2].ToArray(), Is.EqualTo(new[] { 1f, 0 }));
    }

    [Test]
    public void SoftmaxGradientByHand()
    {
        Tensor d = Run(FloatReductionOps.SoftmaxGradient, Empty(1, 2), Floats(1, 2, 1, 2), Floats(1, 2, 0.25f, 0.75f));
        Assert.That(d.Float32.ToArray(), Is.EqualTo(new[] { -0.1875f, 0.1875f }));
    }

    [Test]
    public void CrossEntropyOfEqualLogits([Values] bool bytes)
    {
        Tensor labels = Labels(bytes, 1, 0);
        Tensor logits = Floats(2, 2, 3, 3, 100, 0);
        Assert.That(BitsOf(Run(FloatReductionOps.CrossEntropy, Empty(2, 1), logits, labels)), Is.EqualTo(new[] { 0x3F317218u, 0u }));
        Tensor d = Run(FloatReductionOps.CrossEntropyGradient, [Immediate(2)], [], Empty(2, 2), Floats(2, 2, 3, 3, 1000, 0), labels);
        Assert.That(d.Float32.ToArray(), Is.EqualTo(new[] { 1f, -1, 0, 0 }));
    }

    [TestCase(false, -1)]
    [TestCase(false, 3)]
    [TestCase(false, int.MinValue)]
    [TestCase(true, 3)]
    [TestCase(true, 255)]
    public void LabelsOutsideTrap(bool bytes, int label)
    {
        Tensor labels = Labels(bytes, 2, label);
        Tensor logits = Random(2, 3, 1);
        Assert.That(Trap(FloatReductionOps.CrossEntropy, [], [], Empty(2, 1), logits, labels), Is.EqualTo(VmTrap.ElementOutOfRange));
        Assert.That(
            Trap(FloatReductionOps.CrossEntropyGradient, [Immediate(1)], [], Empty(2, 3), logits, labels),
            Is.EqualTo(VmTrap.ElementOutOfRange));
    }

    [TestCase(256)]
    [TestCase(300)]
    public void ByteLabelsWorkWithManyClasses(int classes)
    {
        Tensor loss = Run(FloatReductionOps.CrossEntropy, Empty(1, 1), new Tensor(TensorType.Float32, 1, classes), Labels(true, 255));
        Assert.That(loss.Float32[0], Is.EqualTo(Math.Log(classes)).Within(1e-6));
    }

    private static Tensor Labels(bool bytes, params int[] values)
    {
        if (!bytes)
        {
            return Ints(values.Length, 1, values);
        }

        Tensor labels = new(TensorType.UInt8, values.Length, 1);
        values.Select(static v => (byte)v).ToArray().CopyTo(labels.UInt8);
        return labels;
    }
}
