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

    [Test]
    public void GatherRowsCopiesBitsOfFloats()
    {
        Tensor s = Floats(3, 2, 1, 2, Bits(0xFFC12345), -0f, 5, 6);
        Tensor d = Run(IntegerOps.GatherRows, Empty(4, 2), s, Ints(4, 1, 2, 1, 1, 0));
        uint[] b = BitsOf(s);
        Assert.That(BitsOf(d), Is.EqualTo(new[] { b[4], b[5], b[2], b[3], b[2], b[3], b[0], b[1] }));
    }
}
