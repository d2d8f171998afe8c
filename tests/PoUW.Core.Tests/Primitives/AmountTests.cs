using PoUW.Core.Primitives;

namespace PoUW.Core.Tests.Primitives;

public sealed class AmountTests
{
    private const string Largest = "340282366920938463463.374607431768211455";

    [FsCheck.NUnit.Property]
    public void Text_reads_back_equal(ulong high, ulong low)
    {
        Amount amount = new(new UInt128(high, low));

        Assert.That(Amount.TryParse(amount.ToString(), out Amount read), Is.True);
        Assert.That(read, Is.EqualTo(amount));
    }

    [TestCase("0", 0ul)]
    [TestCase("0.0", 0ul)]
    [TestCase("1", 1_000_000_000_000_000_000ul)]
    [TestCase("12.5", 12_500_000_000_000_000_000ul)]
    [TestCase("12.50", 12_500_000_000_000_000_000ul)]
    [TestCase("0.000000000000000001", 1ul)]
    [TestCase("0.1", 100_000_000_000_000_000ul)]
    public void Coins_are_read_exactly(string text, ulong units)
    {
        Assert.That(Amount.TryParse(text, out Amount amount), Is.True);
        Assert.That(amount, Is.EqualTo(Amount.FromBaseUnits(units)));
    }

    [Test]
    public void The_largest_amount_is_read()
    {
        Assert.That(Amount.TryParse(Largest, out Amount amount), Is.True);
        Assert.That(amount.BaseUnits, Is.EqualTo(UInt128.MaxValue));
    }

    [TestCase("340282366920938463463.374607431768211456", TestName = "one base unit too many")]
    [TestCase("340282366920938463464", TestName = "one coin too many")]
    [TestCase("99999999999999999999999999999999999999999999", TestName = "far too many")]
    [TestCase("0.0000000000000000001", TestName = "19 decimals")]
    [TestCase("0.0000000000000000000", TestName = "19 decimals of nothing")]
    [TestCase("-1", TestName = "negative")]
    [TestCase("+1", TestName = "plus sign")]
    [TestCase("1e3", TestName = "exponent")]
    [TestCase("01", TestName = "leading zero")]
    [TestCase(".5", TestName = "no digit before the point")]
    [TestCase("5.", TestName = "no digit after the point")]
    [TestCase("1.2.3", TestName = "two points")]
    [TestCase("1,5", TestName = "comma")]
    [TestCase(" 1", TestName = "space")]
    [TestCase("1\0", TestName = "null character")]
    [TestCase("\u0661", TestName = "digit of another script")]
    [TestCase("", TestName = "empty text")]
    [TestCase(null, TestName = "no text")]
    public void Other_text_is_refused(string? text)
    {
        Assert.That(Amount.TryParse(text, out Amount amount), Is.False);
        Assert.That(amount, Is.EqualTo(Amount.Zero));
    }
}
