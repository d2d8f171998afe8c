namespace Samples.Shared.HtmlReport;

/// <summary>One point of a chart.</summary>
/// <param name="X">Place on the horizontal axis.</param>
/// <param name="Y">Place on the vertical axis.</param>
/// <param name="Label">Value in words.</param>
public sealed record ChartPoint(double X, double Y, string Label);
