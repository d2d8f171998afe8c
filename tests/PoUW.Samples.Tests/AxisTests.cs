namespace PoUW.Samples.Tests;

[TestFixture]
public sealed class AxisTests
{
    [Test]
    public void AxisHoldsItsValuesAndHasAFewTicks([Values(0, 0.1234, 61.7, -3)] double min, [Values(1e-3, 0.4, 36.2, 12_345)] double range)
    {
        Axis axis = Axis.Around(min, min + range);
        double slack = range * 1e-9;
        Assert.That(axis.Min, Is.LessThanOrEqualTo(min + slack));
        Assert.That(axis.Max, Is.GreaterThanOrEqualTo(min + range - slack));
        Assert.That(axis.Ticks.Count(), Is.InRange(3, 8));
        Assert.That(axis.Ticks.Last(), Is.EqualTo(axis.Max).Within(slack));
        Assert.That(axis.Place(axis.Min), Is.Zero);
        Assert.That(axis.Place(axis.Max), Is.EqualTo(1));
    }

    [TestCase(0), TestCase(5), TestCase(-5)]
    public void OneValueStillGivesARange(double value)
    {
        Axis axis = Axis.Around(value, value);
        Assert.That(axis.Max, Is.GreaterThan(axis.Min));
        Assert.That(value, Is.InRange(axis.Min, axis.Max));
    }

    [TestCase(1, new[] { 0.0, 1 })]
    [TestCase(0, new[] { 0.0, 1 })]
    [TestCase(384, new[] { 0.0, 100, 200, 300 })]
    public void StepsStartAtZeroAndHaveWholeTicks(double max, double[] ticks) => Assert.That(Axis.UpTo(max).Ticks, Is.EqualTo(ticks));

    [TestCase(0.30000000000000004, 0.1, "0.3")]
    [TestCase(0.35, 0.05, "0.35")]
    [TestCase(12_000, 2_000, "12,000")]
    public void TicksHaveTheDecimalsOfTheirDistance(double value, double distance, string text) =>
        Assert.That(Numbers.Tick(value, distance), Is.EqualTo(text));
}
