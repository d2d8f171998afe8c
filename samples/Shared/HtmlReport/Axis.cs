namespace Samples.Shared.HtmlReport;

/// <summary>A range of values with ticks at round numbers.</summary>
public sealed class Axis
{
    private const int WantedTicks = 5;

    private Axis(double min, double max, double distance) => (Min, Max, Distance) = (min, max, distance);

    /// <summary>Smallest value shown.</summary>
    public double Min { get; }

    /// <summary>Largest value shown; always above <see cref="Min"/>.</summary>
    public double Max { get; }

    /// <summary>Distance between two ticks.</summary>
    public double Distance { get; }

    /// <summary>The ticks from <see cref="Min"/> to <see cref="Max"/>.</summary>
    public IEnumerable<double> Ticks
    {
        get
        {
            int count = (int)Math.Floor(((Max - Min) / Distance) + 1e-6);
            return Enumerable.Range(0, count + 1).Select(index => Min + (index * Distance));
        }
    }

    /// <summary>An axis that holds both values and ends on ticks.</summary>
    public static Axis Around(double min, double max)
    {
        double distance = RoundDistance(min < max ? max - min : Math.Max(Math.Abs(max), 1));
        double low = Math.Floor((min / distance) + 1e-9) * distance;
        double high = Math.Ceiling((max / distance) - 1e-9) * distance;
        return new Axis(low, high > low ? high : low + distance, distance);
    }

    /// <summary>An axis from 0 that ends at the value itself; only the ticks are round, and whole.</summary>
    public static Axis UpTo(double max)
    {
        double end = Math.Max(max, 1);
        return new Axis(0, end, Math.Max(1, RoundDistance(end)));
    }

    /// <summary>Place of a value, 0 at the start of the axis and 1 at its end.</summary>
    public double Place(double value) => (value - Min) / (Max - Min);

    /// <summary>The next larger of 1, 2 and 5 times a power of ten.</summary>
    private static double RoundDistance(double range)
    {
        double rough = range / WantedTicks;
        double power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        double factor = rough / power;
        return power * (factor <= 1.0001 ? 1 : factor <= 2.0001 ? 2 : factor <= 5.0001 ? 5 : 10);
    }
}
