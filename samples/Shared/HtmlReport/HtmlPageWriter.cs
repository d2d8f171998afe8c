using System.Globalization;
using System.Text;
using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace Samples.Shared.HtmlReport;

/// <summary>
/// Writes one page that needs nothing else: no script, no network, no other file. The page's own policy forbids the browser to load anything.
/// </summary>
public static class HtmlPageWriter
{
    private const string Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

    /// <summary>The page as text; the same page gives the same text on every machine.</summary>
    public static string Write(HtmlPage page) =>
        PageMarkup.Write(El("html", At("lang", "en"), "\n", Head(page.Title), "\n", Body(page), "\n"));

    /// <summary>Writes the page to a file, which is replaced only once the new page is complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Save(HtmlPage page, string path)
    {
        string temporary = path + ".tmp";
        File.WriteAllText(temporary, Write(page), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.Move(temporary, path, overwrite: true);
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

    private static XElement Body(HtmlPage page) => El(
        "body",
        El(
            "div",
            At("class", "page"), "\n",
            El("header", El("h1", page.Title), Created(page.Created), Headlines(page), Facts(page.Facts), Navigation(page.Sections)), "\n",
            El("main", page.Sections.SelectMany(section => new object[] { "\n", section }), "\n"), "\n",
            El("footer", At("class", "soft"), page.Footer)));

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

    private static XElement Headlines(HtmlPage page) => El(
        "dl",
        At("class", "headline"),
        page.Headlines.Select(headline => El(
            "div", El("dt", headline.Name), El("dd", At("class", "big"), headline.Value),
            headline.Note.Length > 0 ? El("dd", At("class", "soft"), headline.Note) : null)),
        El("div", At("class", "hash"), El("dt", page.HashName), El("dd", El("code", page.Hash))));

    private static XElement? Facts(IReadOnlyList<ReportField> facts) => facts.Count == 0
        ? null
        : El("dl", At("class", "facts"), facts.Select(fact => El("div", El("dt", fact.Name), El("dd", fact.Value))));

    /// <summary>Links to the sections, with their own headings.</summary>
    private static XElement Navigation(IReadOnlyList<XElement> sections) => El(
        "nav",
        At("aria-label", "Sections"),
        El("ul", sections.Elements("h2").Select(heading => El("li", El("a", At("href", "#" + heading.Attribute("id")!.Value), heading.Value)))));
}
