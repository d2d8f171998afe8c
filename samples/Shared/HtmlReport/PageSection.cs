using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace Samples.Shared.HtmlReport;

/// <summary>A part of the page under its own heading.</summary>
public static class PageSection
{
    /// <summary>The section.</summary>
    /// <param name="id">Its place in the page's address.</param>
    /// <param name="heading">Its heading.</param>
    /// <param name="content">What is below the heading.</param>
    public static XElement Build(string id, string heading, params object?[] content) =>
        El("section", At("aria-labelledby", id), "\n", El("h2", At("id", id), heading), "\n", content);
}
