namespace Samples.Shared.HtmlReport;

/// <summary>A name and its value.</summary>
/// <param name="Name">What the value is.</param>
/// <param name="Value">The value as text.</param>
public sealed record ReportField(string Name, string Value);
