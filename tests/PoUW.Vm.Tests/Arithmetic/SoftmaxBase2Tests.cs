using PoUW.Vm.Arithmetic;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;

namespace PoUW.Vm.Tests.Arithmetic;

[TestFixture]
public sealed class SoftmaxBase2Tests
{
    [TestCase(0, 32768)]
    [TestCase(-1, 32767)]
    [TestCase(-16384, 23168)]
    [TestCase(-32768, 16384)]
    [TestCase(-65536, 8192)]
    [TestCase(-32768L * 15, 1)]
    [TestCase(-32768L * 31, 0)]
    [TestCase(long.MinValue >> 1, 0)]
    public void PowerVectors(long t, long expected) => Assert.That(SoftmaxBase2.Power(t), Is.EqualTo(expected));

    [Test]
    public void PowerIsCloseToTheRealOne()
    {
        for (int t = 0; t > -32768 * 4; t -= 97)
        {
            double real = double.Exp2(t / 32768.0) * 32768;
            Assert.That(SoftmaxBase2.Power(t), Is.EqualTo(real).Within((0.004 * real) + 1));
        }
    }

    [TestCase(32768, 0, 0)]
    [TestCase(65536, 0, 32768)]
    [TestCase(65536, -32768, 65536)]
    [TestCase(49152, 0, 19199)]
    [TestCase(327680, 0, 108607)]
    public void LossVectors(long sum, long labelT, long expected) => Assert.That(SoftmaxBase2.Loss(sum, labelT), Is.EqualTo(expected));

    /// <summary>The vectors of docs/vm.md.</summary>
    [TestCase(-4, 0, new[] { -13, 3, 9, 0 }, 10037)]
    [TestCase(-4, 1, new[] { 51, -61, 9, 0 }, 137086)]
    [TestCase(-6, 2, new[] { 27, 13, -47, 5 }, 60910)]
    public void GradientAndLossVectors(int exponent, int label, int[] errors, long loss)
    {
        Tensor logits = new(TensorType.Int8, 1, 4);
        new sbyte[] { 40, -3, 12, -63 }.CopyTo(logits.Int8);
        Tensor labels = new(TensorType.UInt8, 1, 1);
        labels.UInt8[0] = (byte)label;
        Tensor result = new(TensorType.Int8, 1, 4);
        ScalarBackend backend = new();
        backend.Run(IntegerOps.SoftmaxCrossEntropyGradient, new TensorCall([result, logits, labels], [5, 63], [exponent]));
        long actual = backend.Run(IntegerOps.SoftmaxCrossEntropyLoss, new TensorCall([logits, labels], [], [exponent, 1]));
        Assert.Multiple(() =>
        {
            Assert.That(result.Int8.ToArray().Select(e => (int)e), Is.EqualTo(errors));
            Assert.That(actual, Is.EqualTo(loss));
        });
    }

    [Test]
    public void LossIsCloseToTheRealOne()
    {
        sbyte[] row = [10, -20, 30, 5, 0];
        double scale = 1 / 16.0;
        double real = Math.Log2(row.Sum(x => double.Pow(double.E, x * scale))) - (row[1] * scale * Math.Log2(double.E));
        Tensor logits = new(TensorType.Int8, 1, 5);
        row.CopyTo(logits.Int8);
        Tensor labels = new(TensorType.UInt8, 1, 1);
        labels.UInt8[0] = 1;
        long loss = new ScalarBackend().Run(IntegerOps.SoftmaxCrossEntropyLoss, new TensorCall([logits, labels], [], [-4, 1]));
        Assert.That(loss / 32768.0, Is.EqualTo(real).Within(0.01));
    }
}
