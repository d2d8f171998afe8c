using System.Xml.Linq;

namespace TrainOnNetwork.HtmlReport;

/// <summary>Writes the report of a run as one page that needs nothing else.</summary>
internal static class HtmlReportWriter
{
    /// <summary>The page as text; the same report gives the same text on every machine.</summary>
    public static string Write(RunReport report) => HtmlPageWriter.Write(ToPage(report));

    /// <summary>Writes the page to a file, which is replaced only once the new page is complete.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Save(RunReport report, string path) => HtmlPageWriter.Save(ToPage(report), path);

    private static HtmlPage ToPage(RunReport report) => new()
    {
        Title = report.Title,
        Created = report.Created,
        Headlines = [new Headline("Test accuracy", Numbers.Percent(report.TestAccuracy), report.TestNote)],
        HashName = "Hash of the weights",
        Hash = report.WeightsHash,
        Facts = report.Summary,
        Sections = [.. Sections(report)],
        Footer = "Read from the chain of the client's own node. This page is one file and loads nothing.",
    };

    private static IEnumerable<XElement> Sections(RunReport report)
    {
        yield return CurveSection.Build(report.Curve, "round");
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
}
