using PoUW.Vm.Arithmetic;

namespace PoUW.Vm.Tests.Arithmetic;

[TestFixture]
public sealed class Philox4x32Tests
{
    /// <summary>Known answers of the authors' reference implementation (Random123, kat_vectors).</summary>
    [TestCase(0UL, 0UL, 0UL, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [TestCase(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [TestCase(0x299f31d0a4093822UL, 0x0370734413198a2eUL, 0x85a308d3243f6a88UL, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void KnownAnswers(ulong key, ulong stream, ulong index, uint x0, uint x1, uint x2, uint x3) =>
        Assert.That(Philox4x32.Block(key, stream, index), Is.EqualTo((x0, x1, x2, x3)));

    [Test]
    public void Next64JoinsTheFirstTwoWords() =>
        Assert.That(Philox4x32.Next64(0, 0, 0), Is.EqualTo(unchecked((long)0xe169c58d6627e8d5)));

    [TestCase(0u, 5, -5)]
    [TestCase(uint.MaxValue, 5, 5)]
    [TestCase(uint.MaxValue, 1 << 30, 1 << 30)]
    [TestCase(0x80000000u, 5, 0)]
    [TestCase(123u, 0, 0)]
    public void ToRangeStaysInside(uint word, int bound, int expected) =>
        Assert.That(Philox4x32.ToRange(word, bound), Is.EqualTo(expected));
}
