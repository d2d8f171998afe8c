using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Integer;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Integer;

[TestFixture]
public sealed class IntegerRowTests
{
    [Test]
    public void AddRowWrapsModulo32Bits()
    {
        Tensor a = Ints(2, 3, 1, 2, int.MaxValue, -1, int.MinValue, 7);
        Tensor b = Ints(1, 3, 10, -1, 1);
        Tensor d = Run(IntegerOps.AddRow, Ints(2, 3), a, b);
        Assert.That(d.Int32.ToArray(), Is.EqualTo(new[] { 11, 1, int.MinValue, 9, int.MaxValue, 8 }));
        Run(IntegerOps.AddRow, a, a, b);
        Assert.That(a.Int32.ToArray(), Is.EqualTo(d.Int32.ToArray()));
    }

    [Test]
    public void SumRowsWrapsModulo32Bits()
    {
        Tensor s = Ints(3, 2, int.MaxValue, 1, 1, 2, 5, -9);
        Assert.That(Run(IntegerOps.SumRows, Ints(1, 2, 9, 9), s).Int32.ToArray(), Is.EqualTo(new[] { int.MinValue + 5, -6 }));
    }

    [Test]
    public void SumRowsOfBytes()
    {
        Tensor s = new(TensorType.Int8, 300, 2);
        for (int row = 0; row < s.Rows; row++)
        {
            (s.Int8[2 * row], s.Int8[(2 * row) + 1]) = (-128, 127);
        }

        Assert.That(Run(IntegerOps.SumRows, Ints(1, 2), s).Int32.ToArray(), Is.EqualTo(new[] { -128 * 300, 127 * 300 }));
    }

    [TestCase(TensorType.UInt8)]
    [TestCase(TensorType.Int32)]
    public void CountEqualTakesBytesAndIntegers(TensorType type)
    {
        Tensor values = Ints(5, 1, 3, -1, 255, 0, 7);
        Tensor labels = new(type, 5, 1);
        int[] targets = [3, 255, 255, 0, 7];
        for (int i = 0; i < targets.Length; i++)
        {
            if (type == TensorType.UInt8)
            {
                labels.UInt8[i] = (byte)targets[i];
            }
            else
            {
                labels.Int32[i] = targets[i];
            }
        }

        Assert.That(Count(5), Is.EqualTo(4));
        Assert.That(Count(3), Is.EqualTo(2));
        Assert.That(Count(0), Is.Zero);

        long Count(int rows) => new ScalarBackend().Run(IntegerOps.CountEqual, new TensorCall([values, labels], [], [rows]));
    }

    [Test]
    public void CountEqualSeesAllBitsOfIntegers()
    {
        Tensor values = Ints(3, 1, 70000, 256, int.MinValue);
        Tensor labels = Ints(3, 1, 70000 - 65536, 0, int.MinValue);
        Assert.That(new ScalarBackend().Run(IntegerOps.CountEqual, new TensorCall([values, labels], [], [3])), Is.EqualTo(1));
    }

    [Test]
    public void GatherRowsCopiesBitsOfFloats()
    {
        Tensor s = Floats(3, 2, 1, 2, Bits(0xFFC12345), -0f, 5, 6);
        Tensor d = Run(IntegerOps.GatherRows, Empty(4, 2), s, Ints(4, 1, 2, 1, 1, 0));
        uint[] b = BitsOf(s);
        Assert.That(BitsOf(d), Is.EqualTo(new[] { b[4], b[5], b[2], b[3], b[2], b[3], b[0], b[1] }));
    }
}
