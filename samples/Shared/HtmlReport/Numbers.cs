using System.Globalization;

namespace Samples.Shared.HtmlReport;

/// <summary>Numbers as the page shows them, the same on every machine.</summary>
public static class Numbers
{
    /// <summary>A whole number with thousands separated.</summary>
    public static string Whole(long value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A height with thousands separated.</summary>
    public static string Whole(ulong value) => value.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A share from 0 to 1 in percent, with two decimals.</summary>
    public static string Percent(double share) =>
        double.IsFinite(share) ? (share * 100).ToString("0.00", CultureInfo.InvariantCulture) + " %" : "not measured";

    /// <summary>A loss with four decimals.</summary>
    public static string Loss(double loss) => double.IsFinite(loss) ? loss.ToString("0.0000", CultureInfo.InvariantCulture) : "not finite";

    /// <summary>A position in a drawing, with at most two decimals.</summary>
    public static string Coordinate(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    /// <summary>A label of an axis, with as many decimals as the distance between the ticks needs.</summary>
    public static string Tick(double value, double distance)
    {
        int decimals = distance >= 1 ? 0 : (int)Math.Min(9, Math.Ceiling(-Math.Log10(distance) - 1e-9));
        return value.ToString("#,0." + new string('0', decimals), CultureInfo.InvariantCulture);
    }
}
