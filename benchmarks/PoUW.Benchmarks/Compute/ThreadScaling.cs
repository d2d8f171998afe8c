namespace PoUW.Benchmarks.Compute;

/// <summary>What two threads gain over one, by wall time of the same work in turn.</summary>
public static class ThreadScaling
{
    private const double Goal = 1.7;

    // Wall time needs a moment in which both processors are free.
    private const int Rounds = 60;

    /// <summary>Measures the gain.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="work">Work of one call in the unit's numerator.</param>
    /// <param name="unit">Unit of the rate.</param>
    /// <param name="two">One call on two threads.</param>
    /// <param name="one">The same call on one.</param>
    public static RatioFigure Measure(string name, double work, string unit, Action two, Action one) =>
        RatioFigure.OfRates(name, work, unit, PairedTiming.Measure(two, one, Rounds), "the same on one thread", Goal, TimeBase.Wall);
}
