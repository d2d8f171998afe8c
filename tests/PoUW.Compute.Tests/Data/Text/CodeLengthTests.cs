using PoUW.Compute.Data.Text;

namespace PoUW.Compute.Tests.Data.Text;

[TestFixture]
public sealed class CodeLengthTests
{
    [FsCheck.NUnit.Property(MaxTest = 500)]
    public bool BitsAreTheSumOfLogarithms(uint[] draws)
    {
        CodeLength length = new();
        double expected = 0;
        foreach (double probability in draws.Select(draw => (draw + 1.0) / (1L << 32)))
        {
            length.Add(probability);
            expected -= Math.Log2(probability);
        }

        return Math.Abs(length.Bits - expected) <= 1e-13 * (1 + expected);
    }

    [Test]
    public void ManyTokensNeitherOverflowNorDrift()
    {
        CodeLength length = new();
        for (int i = 0; i < 1_000_000; i++)
        {
            length.Add(i % 2 == 0 ? 1e-100 : 0.5);
        }

        Assert.That(length.Bits, Is.EqualTo(500_000 * (1 + (100 * Math.Log2(10)))).Within(1e-4));
    }
}
