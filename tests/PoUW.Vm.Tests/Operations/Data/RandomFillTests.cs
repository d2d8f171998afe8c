using PoUW.Vm.Arithmetic;
using PoUW.Vm.Operations;
using PoUW.Vm.Operations.Data;
using PoUW.Vm.Tensors;
using static PoUW.Vm.Tests.Operations.OpRun;

namespace PoUW.Vm.Tests.Operations.Data;

[TestFixture]
public sealed class RandomFillTests
{
    private const int Many = 40_000;
    private const long Key = 0x0123456789ABCDEF;
    private const long Stream = -7;

    private static readonly int[] Unit = [Immediate(0), Immediate(1)];

    [TestCase("uniform_fill_f32", 0f, 1f, new uint[] { 0x3ECC1F82, 0x3F637C97, 0x3EDE08BE, 0x3F216102, 0x3F5E2031, 0x3F48C30E })]
    [TestCase("uniform_fill_f32", -3f, 5f, new uint[] { 0x3E41F820, 0x40837C97, 0x3EF045F0, 0x4002C204, 0x407C4062, 0x4051861C })]
    [TestCase("normal_fill_f32", 0f, 1f, new uint[] { 0x3F84C9F2, 0xBF61F217, 0x3DE8D96C, 0x3F547E1C, 0xBD4F854B, 0xBFDBC5E4 })]
    [TestCase("normal_fill_f32", 10f, 0.5f, new uint[] { 0x41284C9F, 0x4118F06F, 0x4120E8D9, 0x4126A3F1, 0x411F983D, 0x411243A2 })]
    public void BitsArePinned(string name, float first, float second, uint[] expected)
    {
        Tensor d = Run(TensorOps.Find(name)!, [Immediate(first), Immediate(second)], [Key, Stream], Empty(2, 3));
        Assert.That(BitsOf(d), Is.EqualTo(expected), string.Join(", ", BitsOf(d).Select(static b => $"0x{b:X8}")));
    }

    [Test]
    public void UniformUsesTheUpperBitsOfEveryWord()
    {
        Tensor d = Run(DataOps.UniformFill, Unit, [Key, Stream], Empty(3, 3));
        for (int i = 0; i < d.Length; i++)
        {
            Assert.That((double)d.Float32[i], Is.EqualTo((Word(i) >> 8) / 16777216.0));
        }
    }

    [Test]
    public void NormalFollowsBoxAndMuller()
    {
        Tensor d = Run(DataOps.NormalFill, Unit, [Key, Stream], Empty(1, 50));
        for (int i = 0; i < d.Length; i++)
        {
            double u1 = ((Word(2 * i) >> 8) + 1) / 16777216.0;
            double u2 = (Word((2 * i) + 1) >> 8) / 16777216.0;
            double expected = Math.Sqrt(-2 * Math.Log(u1)) * Math.Cos(2 * Math.PI * u2);
            Assert.That(d.Float32[i], Is.EqualTo(expected).Within(1e-6), $"element {i}");
        }
    }

    [Test]
    public void DropoutComparesWords()
    {
        const int threshold = 1 << 23;
        Tensor d = Run(DataOps.DropoutMask, [threshold, Immediate(2)], [Key, Stream], Empty(5, 3));
        for (int i = 0; i < d.Length; i++)
        {
            Assert.That(d.Float32[i], Is.EqualTo((Word(i) >> 8) >= threshold ? 2 : 0));
        }
    }

    /// <summary>A word at the threshold is kept, one below it is dropped.</summary>
    [TestCase(0, 2f)]
    [TestCase(1, 0f)]
    public void DropoutAtTheThreshold(int above, float expected)
    {
        int threshold = (int)(Word(0) >> 8) + above;
        Tensor d = Run(DataOps.DropoutMask, [threshold, Immediate(2)], [Key, Stream], Empty(1, 1));
        Assert.That(d.Float32[0], Is.EqualTo(expected));
    }

    [TestCase(0, 1.5f)]
    [TestCase(1 << 24, 0f)]
    public void DropoutOfNothingAndOfAll(int threshold, float expected)
    {
        Tensor d = Run(DataOps.DropoutMask, [threshold, Immediate(1.5f)], [Key, Stream], Empty(1, 100));
        Assert.That(d.Float32.ToArray(), Is.All.EqualTo(expected));
    }

    [Test]
    public void ShapeDoesNotMatterButKeyAndStreamDo([Values("uniform_fill_f32", "normal_fill_f32")] string name)
    {
        TensorOp op = TensorOps.Find(name)!;
        uint[] row = BitsOf(Run(op, Unit, [Key, Stream], Empty(1, 12)));
        Assert.That(BitsOf(Run(op, Unit, [Key, Stream], Empty(4, 3))), Is.EqualTo(row));
        Assert.That(BitsOf(Run(op, Unit, [Key + 1, Stream], Empty(1, 12))), Is.Not.EqualTo(row));
        Assert.That(BitsOf(Run(op, Unit, [Key, Stream + 1], Empty(1, 12))), Is.Not.EqualTo(row));
    }

    /// <summary>Bounds are six standard errors of the moment.</summary>
    [Test]
    public void MomentsOfUniformArePlausible()
    {
        double[] x = Doubles(Run(DataOps.UniformFill, [Immediate(-1), Immediate(1)], [Key, 1], Empty(Many, 1)));
        Assert.That(x.Min(), Is.InRange(-1, -0.999));
        Assert.That(x.Max(), Is.InRange(0.999, 1));
        Assert.That(x.Average(), Is.EqualTo(0).Within(0.0174));
        Assert.That(x.Average(static v => v * v), Is.EqualTo(1.0 / 3).Within(0.009));
        Assert.That(Enumerable.Range(1, Many - 1).Average(i => x[i] * x[i - 1]), Is.EqualTo(0).Within(0.01));
    }

    [Test]
    public void MomentsOfNormalArePlausible()
    {
        double[] x = Doubles(Run(DataOps.NormalFill, Unit, [Key, 2], Empty(Many, 1)));
        Assert.That(x.Average(), Is.EqualTo(0).Within(0.03));
        Assert.That(x.Average(static v => v * v), Is.EqualTo(1).Within(0.0425));
        Assert.That(x.Average(static v => v * v * v), Is.EqualTo(0).Within(0.117));
        Assert.That(x.Average(static v => v * v * v * v), Is.EqualTo(3).Within(0.3));
        Assert.That(Enumerable.Range(1, Many - 1).Average(i => x[i] * x[i - 1]), Is.EqualTo(0).Within(0.03));
    }

    [Test]
    public void DropoutDropsItsShare()
    {
        double[] x = Doubles(Run(DataOps.DropoutMask, [(1 << 24) / 10, Immediate(1)], [Key, 3], Empty(Many, 1)));
        Assert.That(x.Average(), Is.EqualTo(0.9).Within(0.009));
    }

    [TestCase(0x80000000u)]
    [TestCase(0x00000001u)]
    [TestCase(0x3FC00000u)]
    public void FillWritesTheValue(uint bits)
    {
        Assert.That(BitsOf(Run(DataOps.Fill, [unchecked((int)bits)], [], Empty(3, 5))), Is.All.EqualTo(bits));
    }

    private static uint Word(int index)
    {
        (uint x0, uint x1, uint x2, uint x3) = Philox4x32.Block(unchecked((ulong)Key), unchecked((ulong)Stream), (ulong)(index / 4));
        return new[] { x0, x1, x2, x3 }[index % 4];
    }
}
