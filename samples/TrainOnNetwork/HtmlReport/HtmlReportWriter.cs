using System.Globalization;
using System.Text;
using System.Xml.Linq;
using static TrainOnNetwork.HtmlReport.PageMarkup;

namespace TrainOnNetwork.HtmlReport;

/// <summary>
/// Writes the report of a run as one page that needs nothing else: no script, no network, no other file. The page's own policy forbids the browser
/// to load anything.
/// </summary>
internal static class HtmlReportWriter
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

    /// <summary>The page as text; the same report gives the same text on every machine.</summary>
    public static string Write(RunReport report)
    {
        XElement[] sections = [.. Sections(report)];
        return PageMarkup.Write(El("html", At("lang", "en"), "\n", Head(report.Title), "\n", Body(report, sections), "\n"));
    }

    /// <summary>Writes the page to a file, which is replaced only once the new page is complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Save(RunReport report, string path)
    {
        string temporary = path + ".tmp";
        File.WriteAllText(temporary, Write(report), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(temporary, path, overwrite: true);
    }

    private static IEnumerable<XElement> Sections(RunReport report)
    {
        yield return CurveSection.Build(report.Curve);
        yield return new UnitMap(report.Units).Build();
        yield return ConvictionSection.Build(report.Convictions, report.Units);
        yield return MoneySection.BuildPayments(report.Payments);
        if (MoneySection.BuildSupply(report.Supply) is { } supply)
        {
            yield return supply;
        }

        yield return NodeSection.BuildBlocks(report.Blocks);
        yield return NodeSection.BuildRestarts(report.Restarts);
    }

    private static XElement Head(string title) => El(
        "head",
        El("meta", At("charset", "utf-8")), "\n",
        El("meta", At("http-equiv", "Content-Security-Policy"), At("content", Policy)), "\n",
        El("meta", At("name", "viewport"), At("content", "width=device-width, initial-scale=1")), "\n",
        El("meta", At("name", "color-scheme"), At("content", "light dark")), "\n",
        El("link", At("rel", "icon"), At("href", "data:,")), "\n",
        El("title", title), "\n",
        El("style", PageStyle.Text));

    private static XElement Body(RunReport report, IReadOnlyList<XElement> sections) => El(
        "body",
        El(
            "div",
            At("class", "page"), "\n",
            El("header", El("h1", report.Title), Created(report.Created), Headline(report), Facts(report.Summary), Navigation(sections)), "\n",
            El("main", sections.SelectMany(section => new object[] { "\n", section }), "\n"), "\n",
            El("footer", At("class", "soft"), "Read from the chain of the client's own node. This page is one file and loads nothing.")));

    private static XElement Created(DateTimeOffset created)
    {
        DateTime utc = created.UtcDateTime;
        return El(
            "p",
            At("class", "soft"),
            El(
                "time", At("datetime", utc.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
                utc.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)));
    }

    private static XElement Headline(RunReport report) => El(
        "dl",
        At("class", "headline"),
        El(
            "div", El("dt", "Test accuracy"), El("dd", At("class", "big"), Numbers.Percent(report.TestAccuracy)),
            report.TestNote.Length > 0 ? El("dd", At("class", "soft"), report.TestNote) : null),
        El("div", At("class", "hash"), El("dt", "Hash of the weights"), El("dd", El("code", report.WeightsHash))));

    private static XElement? Facts(IReadOnlyList<ReportField> facts) => facts.Count == 0
        ? null
        : El("dl", At("class", "facts"), facts.Select(fact => El("div", El("dt", fact.Name), El("dd", fact.Value))));

    /// <summary>Links to the sections, with their own headings.</summary>
    private static XElement Navigation(IReadOnlyList<XElement> sections) => El(
        "nav",
        At("aria-label", "Sections"),
        El("ul", sections.Elements("h2").Select(heading => El("li", El("a", At("href", "#" + heading.Attribute("id")!.Value), heading.Value)))));
}
