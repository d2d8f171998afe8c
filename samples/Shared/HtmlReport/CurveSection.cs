using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace Samples.Shared.HtmlReport;

/// <summary>The learning curve: a chart of the loss, one of the accuracies, and all values as a table.</summary>
public static class CurveSection
{
    /// <summary>The section.</summary>
    /// <param name="curve">The points in the order of the steps.</param>
    /// <param name="unit">What a point stands for: "round" or "epoch".</param>
    public static XElement Build(IReadOnlyList<CurvePoint> curve, string unit) => curve.Any(IsFinite)
        ? PageSection.Build("curve", "Learning curve", Figures([.. curve.Where(IsFinite)]), Values(curve, unit))
        : PageSection.Build("curve", "Learning curve", El("p", $"No {unit} has ended with a finite loss."));

    private static XElement Figures(IReadOnlyList<CurvePoint> curve)
    {
        ChartSeries loss = new("training loss", "s1", false, [.. curve.Select(p => Loss(p, p.Loss))]);
        ChartSeries testLoss = new("test", "s2", true, [.. curve.Where(HasTestLoss).Select(p => Loss(p, p.TestLoss ?? 0))]);
        ChartSeries train = new("training", "s1", false, [.. curve.Select(p => Accuracy(p, p.TrainAccuracy))]);
        ChartSeries test = new("test", "s2", true, [.. curve.Where(p => HasTest(p)).Select(p => Accuracy(p, p.TestAccuracy ?? 0))]);
        return El(
            "div",
            At("class", "pair"),
            Figure("Loss", new LineChart("Training loss", "", LossAxis([loss, testLoss]), [loss, testLoss])),
            Figure("Accuracy", new LineChart("Accuracy in percent", " %", AccuracyAxis([train, test]), [train, test])));
    }

    private static Axis LossAxis(IReadOnlyList<ChartSeries> lines)
    {
        IReadOnlyList<double> values = [.. lines.SelectMany(line => line.Points).Select(point => point.Y)];
        return Axis.Around(Math.Min(0, values.Min()), values.Max());
    }

    private static Axis AccuracyAxis(IReadOnlyList<ChartSeries> lines)
    {
        IReadOnlyList<double> values = [.. lines.SelectMany(line => line.Points).Select(point => point.Y)];
        return values.Min() < values.Max() ? Axis.Around(values.Min(), values.Max()) : Axis.Around(0, 100);
    }

    private static XElement Figure(string caption, LineChart chart) => El("figure", El("figcaption", caption), chart.Draw());

    private static XElement Values(IReadOnlyList<CurvePoint> curve, string unit)
    {
        string heading = char.ToUpperInvariant(unit[0]) + unit[1..];
        DataTable table = new($"Learning curve by {unit}", [Column.Number(heading), Column.Number("Step"), Column.Number("Loss"),
            Column.Number("Training accuracy"), Column.Number("Test accuracy")]);
        foreach (CurvePoint p in curve)
        {
            table.Add(
                Numbers.Whole(p.Round), Numbers.Whole(p.Step), Numbers.Loss(p.Loss), Numbers.Percent(p.TrainAccuracy),
                p.TestAccuracy is { } test ? Numbers.Percent(test) : "–");
        }

        return El("details", El("summary", "All values as a table"), table.Build());
    }

    private static ChartPoint Loss(CurvePoint point, double loss) => new(point.Step, loss, Numbers.Loss(loss));

    private static ChartPoint Accuracy(CurvePoint point, double share) => new(point.Step, share * 100, Numbers.Percent(share));

    private static bool HasTest(CurvePoint point) => point.TestAccuracy is { } test && double.IsFinite(test);

    private static bool HasTestLoss(CurvePoint point) => point.TestLoss is { } test && double.IsFinite(test);

    private static bool IsFinite(CurvePoint point) => double.IsFinite(point.Loss) && double.IsFinite(point.TrainAccuracy);
}
