using System.Globalization;

namespace PoUW.Samples.Tests;

/// <summary>Contrast of two colours as WCAG 2.2 defines it: (lighter + 0.05) / (darker + 0.05) of the relative luminances.</summary>
internal static class Contrast
{
    public const double Text = 4.5;
    public const double Graphics = 3;

    public static double Of((int R, int G, int B) one, (int R, int G, int B) other)
    {
        (double a, double b) = (Luminance(one), Luminance(other));
        return (Math.Max(a, b) + 0.05) / (Math.Min(a, b) + 0.05);
    }

    /// <summary>Reads "#rrggbb".</summary>
    public static (int R, int G, int B) Hex(string color)
    {
        int value = int.Parse(color.AsSpan(1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (value >> 16, (value >> 8) & 255, value & 255);
    }

    /// <summary>Reads "rgb(r, g, b)", the form of a computed style without transparency.</summary>
    public static (int R, int G, int B) Rgb(string color)
    {
        Assert.That(color, Does.Match(@"^rgb\(\d+, \d+, \d+\)$"));
        int[] parts = [.. color[4..^1].Split(", ").Select(part => int.Parse(part, CultureInfo.InvariantCulture))];
        return (parts[0], parts[1], parts[2]);
    }

    private static double Luminance((int R, int G, int B) color) =>
        (0.2126 * Linear(color.R)) + (0.7152 * Linear(color.G)) + (0.0722 * Linear(color.B));

    private static double Linear(int channel)
    {
        double share = channel / 255.0;
        return share <= 0.04045 ? share / 12.92 : Math.Pow((share + 0.055) / 1.055, 2.4);
    }
}
