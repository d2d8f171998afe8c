using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Tests.Arithmetic;

[TestFixture]
public sealed class IntegerRoundingTests
{
    [TestCase(-5, 0)]
    [TestCase(0, 0)]
    [TestCase(1, 0)]
    [TestCase(2, 1)]
    [TestCase(3, 2)]
    [TestCase(4, 2)]
    [TestCase(127, 7)]
    [TestCase(128, 7)]
    [TestCase(129, 8)]
    [TestCase(1024, 10)]
    [TestCase(1025, 11)]
    [TestCase(1L << 31, 31)]
    [TestCase(long.MaxValue, 63)]
    public void BitWidth(long value, int expected) => Assert.That(IntegerRounding.BitWidth(value), Is.EqualTo(expected));

    [TestCase(int.MaxValue, 31, 1)]
    [TestCase(int.MinValue, 31, -1)]
    [TestCase(int.MaxValue, 0, int.MaxValue)]
    [TestCase(-1, 1, 0)]
    [TestCase(1, 1, 1)]
    public void RoundShiftAtTheEdges(int value, int shift, long expected) =>
        Assert.That(IntegerRounding.RoundShift(value, shift), Is.EqualTo(expected));

    [TestCase(int.MinValue, 0, int.MinValue)]
    [TestCase(int.MinValue, 31, -1)]
    [TestCase(1, 1, 1)]
    [TestCase(-1, 1, -1)]
    [TestCase(2, 1, 1)]
    public void PstoAtTheEdges(int value, int shift, long expected) => Assert.That(IntegerRounding.Psto(value, shift), Is.EqualTo(expected));

    [FsCheck.NUnit.Property]
    public bool RoundShiftIsTheNearestHalfUp(int value, byte shift)
    {
        int s = 1 + (shift % 30);
        long distance = (IntegerRounding.RoundShift(value, s) << s) - value;
        return distance > -(1L << (s - 1)) && distance <= 1L << (s - 1);
    }

    [FsCheck.NUnit.Property]
    public bool PstoIsOddAndCloserThanOneUnit(int value, byte shift)
    {
        int s = shift % 31;
        bool odd = value == int.MinValue || IntegerRounding.Psto(-value, s) == -IntegerRounding.Psto(value, s);
        return odd && Math.Abs((IntegerRounding.Psto(value, s) << s) - value) <= 1L << s;
    }
}
