namespace Samples.Shared.HtmlReport;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Name in the legend.</param>
/// <param name="Style">Style class of the line, see <see cref="PageStyle"/>.</param>
/// <param name="Marked">Whether every point gets a mark.</param>
/// <param name="Points">The points from left to right.</param>
public sealed record ChartSeries(string Name, string Style, bool Marked, IReadOnlyList<ChartPoint> Points);
