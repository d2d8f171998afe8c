using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace Samples.Shared.HtmlReport;

/// <summary>A line chart as SVG. It is drawn for the width of a phone and only ever made larger, so its texts stay readable.</summary>
public sealed class LineChart
{
    private const double Width = 420;
    private const double Height = 270;
    private const double Left = 46;
    private const double Right = 408;
    private const double Top = 34;
    private const double Bottom = 228;

    private readonly string _title;
    private readonly string _unit;
    private readonly Axis _x;
    private readonly Axis _y;
    private readonly IReadOnlyList<ChartSeries> _series;

    /// <param name="title">What the chart shows; read out by screen readers.</param>
    /// <param name="unit">Unit behind the labels of the vertical axis; may be empty.</param>
    /// <param name="y">The vertical axis.</param>
    /// <param name="series">The lines; at least one has a point.</param>
    public LineChart(string title, string unit, Axis y, IReadOnlyList<ChartSeries> series)
    {
        (_title, _unit, _y, _series) = (title, unit, y, series);
        _x = Axis.UpTo(series.SelectMany(line => line.Points).Max(point => point.X));
    }

    /// <summary>The drawing.</summary>
    public XElement Draw() => El(
        "svg",
        At("class", "chart"), At("viewBox", $"0 0 {Numbers.Coordinate(Width)} {Numbers.Coordinate(Height)}"),
        At("role", "img"), At("aria-label", Describe()),
        DrawGrid(), _series.Select(DrawSeries), DrawLegend());

    private string Describe()
    {
        IEnumerable<string> lines = _series.Where(line => line.Points.Count > 0)
            .Select(line => $"{line.Name}: {line.Points.Count} points, from {line.Points[0].Label} to {line.Points[^1].Label}");
        return $"{_title} by training step. {string.Join("; ", lines)}.";
    }

    private IEnumerable<XElement> DrawGrid()
    {
        foreach (double tick in _y.Ticks)
        {
            yield return Line("grid", Left, Y(tick), Right, Y(tick));
            yield return Text("end", Left - 6, Y(tick) + 4, Numbers.Tick(tick, _y.Distance) + _unit);
        }

        foreach (double tick in _x.Ticks)
        {
            yield return Line("axis", X(tick), Bottom, X(tick), Bottom + 4);
            yield return Text("middle", X(tick), Bottom + 17, Numbers.Tick(tick, _x.Distance));
        }

        yield return Line("axis", Left, Bottom, Right, Bottom);
        yield return Text("middle", (Left + Right) / 2, Height - 6, "training step");
    }

    private XElement DrawSeries(ChartSeries line)
    {
        IEnumerable<string> places = line.Points.Select(point => $"{Numbers.Coordinate(X(point.X))},{Numbers.Coordinate(Y(point.Y))}");
        return El(
            "g",
            At("class", line.Style),
            line.Points.Count > 1 ? El("polyline", At("points", string.Join(' ', places))) : null,
            line.Marked || line.Points.Count == 1 ? line.Points.Select(point => Mark(line.Name, point)) : null);
    }

    private XElement Mark(string name, ChartPoint point) => El(
        "circle", At("cx", X(point.X)), At("cy", Y(point.Y)), At("r", 3), El("title", $"{name}: {point.Label}"));

    private IEnumerable<XElement> DrawLegend()
    {
        double x = Left;
        foreach (ChartSeries line in _series.Where(line => line.Points.Count > 0))
        {
            string text = $"{line.Name} {line.Points[^1].Label}";
            yield return El(
                "g",
                At("class", line.Style),
                El("polyline", At("points", $"{Numbers.Coordinate(x)},14 {Numbers.Coordinate(x + 26)},14")),
                line.Marked ? El("circle", At("cx", x + 13), At("cy", 14), At("r", 3)) : null);
            yield return El("text", At("class", "name"), At("x", x + 32), At("y", 18), text);

            // The width of a text is not known here; this is a generous figure for the larger letters of a narrow screen.
            x += 44 + (text.Length * 7.6);
        }
    }

    private double X(double value) => Left + (_x.Place(value) * (Right - Left));

    private double Y(double value) => Bottom - (_y.Place(value) * (Bottom - Top));

    private static XElement Line(string style, double x1, double y1, double x2, double y2) =>
        El("line", At("class", style), At("x1", x1), At("y1", y1), At("x2", x2), At("y2", y2));

    private static XElement Text(string anchor, double x, double y, string text) =>
        El("text", At("x", x), At("y", y), At("text-anchor", anchor), text);
}
