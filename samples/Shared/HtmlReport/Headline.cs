namespace Samples.Shared.HtmlReport;

/// <summary>A figure in large letters at the top of a page.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The figure.</param>
/// <param name="Note">What it was measured on; may be empty.</param>
public sealed record Headline(string Name, string Value, string Note);
