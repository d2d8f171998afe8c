using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using TrainOnNetwork.HtmlReport;

namespace PoUW.Samples.Tests;

[TestFixture]
internal sealed class HtmlReportWriterTests
{
    private static IEnumerable<TestCaseData> Reports()
    {
        yield return new TestCaseData(SampleReports.Usual()).SetName("usual");
        yield return new TestCaseData(SampleReports.Smallest()).SetName("smallest");
        yield return new TestCaseData(SampleReports.Empty()).SetName("empty");
        yield return new TestCaseData(SampleReports.Large()).SetName("large");
        yield return new TestCaseData(SampleReports.Hostile()).SetName("hostile");
    }

    [TestCaseSource(nameof(Reports))]
    public void PageIsWellFormedAndNamesNoOtherResource(RunReport report)
    {
        string page = HtmlReportWriter.Write(report);
        XDocument parsed = XDocument.Parse(page);

        Assert.That(page, Does.StartWith("<!DOCTYPE html>\n<html lang=\"en\">"));
        Assert.That(page, Does.Not.Contain("://"));
        Assert.That(page, Does.Not.Contain("@import"));
        Assert.That(page, Does.Not.Contain("NaN").And.Not.Contain("Infinity"));
        string[] loading = ["script", "iframe", "object", "embed", "img", "image", "use", "base", "audio", "video", "source", "form"];
        Assert.That(parsed.Descendants().Select(e => e.Name.LocalName).Intersect(loading), Is.Empty);
        IEnumerable<string> links = parsed.Descendants().Attributes().Where(a => a.Name.LocalName is "href" or "src").Select(a => a.Value);
        Assert.That(links, Is.All.Match("^(data:,|#[a-z]+)$"));
        Assert.That(parsed.Descendants().Attributes().Select(a => a.Name.LocalName), Has.None.StartsWith("on"));
    }

    [TestCaseSource(nameof(Reports))]
    public void EveryPartHasItsNameForScreenReaders(RunReport report)
    {
        XDocument page = XDocument.Parse(HtmlReportWriter.Write(report));

        Assert.That(page.Descendants("title").First().Value, Is.Not.Empty);
        Assert.That(page.Descendants("h1").Count(), Is.EqualTo(1));
        Assert.That(page.Descendants("table").Select(t => t.Element("caption")?.Value), Is.All.Not.Null.And.All.Not.Empty);
        Assert.That(page.Descendants("th").Select(t => t.Attribute("scope")?.Value), Is.All.AnyOf("col", "row"));
        foreach (XElement svg in page.Descendants("svg").Where(svg => svg.Attribute("aria-hidden") is null))
        {
            Assert.That(svg.Attribute("role")?.Value, Is.EqualTo("img"));
            Assert.That(svg.Attribute("aria-label")?.Value, Is.Not.Empty.And.Not.Null);
        }

        HashSet<string> ids = [.. page.Descendants().Attributes("id").Select(id => id.Value)];
        Assert.That(ids, Has.Count.EqualTo(page.Descendants().Attributes("id").Count()), "two elements have one id");
        Assert.That(page.Descendants("section").Select(s => s.Attribute("aria-labelledby")!.Value), Is.SubsetOf(ids));
        Assert.That(page.Descendants("a").Select(a => a.Attribute("href")!.Value[1..]), Is.SubsetOf(ids));
    }

    [Test]
    public void ElementsWithoutContentAreClosedByATag()
    {
        string page = HtmlReportWriter.Write(SampleReports.Usual());
        string[] selfClosed = [.. Regex.Matches(page, "<([a-z]+)[^>]*/>").Select(match => match.Groups[1].Value).Distinct()];
        Assert.That(selfClosed, Is.EquivalentTo(["meta", "link"]));
    }

    [Test]
    public void PolicyForbidsEverythingButInlineStyle()
    {
        XElement policy = XDocument.Parse(HtmlReportWriter.Write(SampleReports.Usual())).Descendants("meta")
            .Single(meta => meta.Attribute("http-equiv")?.Value == "Content-Security-Policy");
        Assert.That(policy.Attribute("content")!.Value, Is.EqualTo("default-src 'none'; style-src 'unsafe-inline'; img-src data:"));
    }

    [Test]
    public void AllValuesAreOnThePage()
    {
        RunReport report = SampleReports.Usual();
        string text = Text(HtmlReportWriter.Write(report));
        string[] wanted =
        [
            report.Title, report.WeightsHash, report.TestNote, "88.41 %", "2026-03-04 05:06:05 UTC",
            .. report.Summary.SelectMany(f => new[] { f.Name, f.Value }),
            .. report.Payments.SelectMany(p => new[] { p.Account, p.Role, p.Paid, p.AuditFees, p.BlockRewards, p.Slashed, p.Balance }),
            .. report.Convictions.SelectMany(c => c.Auditors.Concat([c.Lie, c.CommittedDigest, c.AuditedDigest, c.Slashed, c.TransactionIds])),
            "worker-3: round 5, unit 1, lease 0", "1,245", "lease 1 to ",
            "1,204 blocks by producer", "352", "248", "464", "140", "38.54 %",
            "1,410", "1,533", "123",
            "51,204.00", "508.50", "50,695.50", "48,695.50", "2,000.00",
        ];
        Assert.That(wanted.Where(value => !text.Contains(value, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void CurveTableHoldsEveryPoint()
    {
        RunReport report = SampleReports.Usual();
        string[] rows = TableRows(XDocument.Parse(HtmlReportWriter.Write(report)), "Learning curve by round");
        Assert.That(rows, Has.Length.EqualTo(24));
        Assert.That(rows[0], Is.EqualTo("1|16|" + report.Curve[0].Loss.ToString("0.0000", CultureInfo.InvariantCulture) + "|67.45 %|–"));
        Assert.That(rows[1], Does.EndWith(" %").And.StartsWith("2|32|"));
    }

    [Test]
    public void ChartsDrawEveryPointInsideTheirFrame()
    {
        XDocument page = XDocument.Parse(HtmlReportWriter.Write(SampleReports.Usual()));
        XElement[] charts = [.. page.Descendants("svg").Where(svg => svg.Attribute("class")?.Value == "chart")];
        Assert.That(charts, Has.Length.EqualTo(2));
        int[] counts = [.. charts.SelectMany(c => c.Descendants("polyline")).Select(Points).Where(p => p.Length > 2).Select(p => p.Length)];
        Assert.That(counts, Is.EqualTo(new[] { 24, 24, 12 }), "loss, training accuracy, test accuracy");
        Assert.That(charts[1].Descendants("circle").Count(), Is.EqualTo(12 + 1), "one mark for each test and one in the legend");
        foreach ((double x, double y) in charts.SelectMany(c => c.Descendants("polyline")).SelectMany(Points))
        {
            Assert.That(x, Is.InRange(0, 420));
            Assert.That(y, Is.InRange(0, 270));
        }

        (double X, double Y)[] loss = Points(charts[0].Descendants("polyline").First());
        Assert.That(loss.Select(p => p.X), Is.Ordered);
        Assert.That(loss.Select(p => p.Y), Is.Ordered, "a falling loss falls on the page");
    }

    [Test]
    public void OnePointIsDrawnAsAMark()
    {
        XDocument page = XDocument.Parse(HtmlReportWriter.Write(SampleReports.Smallest()));
        XElement chart = page.Descendants("svg").First(svg => svg.Attribute("class")?.Value == "chart");
        Assert.That(chart.Descendants("circle").Single().Element("title")!.Value, Is.EqualTo("training loss: 0.5000"));
    }

    [Test]
    public void ValuesThatAreNotFiniteAreSaidNotDrawn()
    {
        RunReport report = SampleReports.Usual() with { Curve = [new(1, 4, 0.7, 0.5, 0.4), new(2, 8, double.PositiveInfinity, 0.1, double.NaN)] };
        XDocument page = XDocument.Parse(HtmlReportWriter.Write(report));
        Assert.That(TableRows(page, "Learning curve by round")[1], Is.EqualTo("2|8|not finite|10.00 %|not measured"));
        Assert.That(page.Descendants("svg").First(svg => svg.Attribute("class")?.Value == "chart").Descendants("circle").Count(), Is.EqualTo(1));
        Assert.That(Text(HtmlReportWriter.Write(SampleReports.Empty())), Does.Contain("No round has ended with a finite loss."));
    }

    [Test]
    public void MapHasOneCellForEachLease()
    {
        RunReport report = SampleReports.Large();
        XDocument page = XDocument.Parse(HtmlReportWriter.Write(report));
        XElement[] rounds = [.. page.Descendants("svg").Where(svg => svg.Attribute("class")?.Value == "round")];
        Assert.That(rounds, Has.Length.EqualTo(200));
        string[] titles = [.. rounds.SelectMany(Cells).Select(cell => cell.Element("title")!.Value)];
        Assert.That(titles, Has.Length.EqualTo(report.Units.Count).And.Unique);
        Assert.That(titles, Has.Exactly(1).StartsWith("Round 5, unit 1, lease 0: worker-43, convicted. 5 steps"));
        int convicted = rounds.SelectMany(Cells).Count(cell => cell.Elements("path").Any(path => path.Attribute("class")?.Value == "x"));
        Assert.That(convicted, Is.EqualTo(report.Units.Count(unit => unit.Outcome == LeaseOutcome.Convicted)).And.GreaterThan(0));
    }

    [Test]
    public void LettersTellAllWorkersApart()
    {
        IReadOnlyDictionary<string, WorkerMark> marks = WorkerMark.For(Enumerable.Range(1, 800).Select(i => $"worker-{i}"));
        Assert.That(marks.Values.Select(mark => mark.Letters), Is.Unique);
        Assert.That(marks["worker-1"].Letters, Is.EqualTo("A"));
        Assert.That(marks["worker-10"].Letters, Is.EqualTo("J"));
        Assert.That(marks["worker-27"].Letters, Is.EqualTo("AA"));
        Assert.That(marks["worker-703"].Letters, Is.EqualTo("AAA"));
        Assert.That(marks.Values.Take(32).Select(mark => (mark.Color, mark.Pattern)), Is.Unique);
    }

    [Test]
    public void WorkerColorsAreReadableOnBothPages()
    {
        foreach (string color in PageStyle.WorkerColors)
        {
            Assert.That(Contrast.Of(Contrast.Hex(color), (255, 255, 255)), Is.GreaterThanOrEqualTo(Contrast.Text), color);
            Assert.That(Contrast.Of(Contrast.Hex(color), Contrast.Hex(PageStyle.DarkPage)), Is.GreaterThanOrEqualTo(Contrast.Graphics), color);
            Assert.That(Contrast.Of(Contrast.Hex(color), Contrast.Hex(PageStyle.LightPage)), Is.GreaterThanOrEqualTo(Contrast.Graphics), color);
        }
    }

    [Test]
    public void TextsAreEncodedAndCleaned()
    {
        string page = HtmlReportWriter.Write(SampleReports.Hostile());
        Assert.That(page, Does.Not.Contain("<script").IgnoreCase);
        Assert.That(page, Does.Contain("&lt;script&gt;alert"));
        Assert.That(page, Does.Contain("\uFFFDevil\uFFFD\uFFFD\uFFFD"));
        Assert.That(page.Any(c => c is '\0' or '\u001B' or '\u202E' or '\uFFFF' || char.IsSurrogate(c)), Is.False);
        XDocument parsed = XDocument.Parse(page);
        Assert.That(parsed.Descendants("h1").Single().Value, Is.EqualTo(SampleReports.Script));
        Assert.That(parsed.Descendants("code").First().Value, Is.EqualTo(SampleReports.Script));
    }

    [Test]
    public void StyleHoldsNothingThatXmlEncodes() => Assert.That(PageStyle.Text, Does.Not.Match("[<>&]"));

    [Test]
    public void MissingPartsAreNamed()
    {
        string text = Text(HtmlReportWriter.Write(SampleReports.Smallest()));
        Assert.That(text, Does.Contain("No worker was convicted.").And.Contain("No account was paid.").And.Contain("No block was made.")
            .And.Contain("No node was restarted."));
        Assert.That(Text(HtmlReportWriter.Write(SampleReports.Empty())), Does.Contain("No unit was leased.").And.Contain("not measured"));
    }

    [Test]
    public void CultureDoesNotChangeThePage()
    {
        string page = HtmlReportWriter.Write(SampleReports.Usual());
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (culture.NumberFormat.NumberDecimalSeparator, culture.NumberFormat.NumberGroupSeparator) = (",", ".");
            (culture.NumberFormat.NegativeSign, culture.DateTimeFormat.TimeSeparator) = ("~", "_");
            CultureInfo.CurrentCulture = culture;
            Assert.That(1.5.ToString("0.0", CultureInfo.CurrentCulture), Is.EqualTo("1,5"), "the culture must make a difference");
            Assert.That(HtmlReportWriter.Write(SampleReports.Usual()), Is.EqualTo(page));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Test]
    public void SaveReplacesTheFile()
    {
        string folder = Directory.CreateTempSubdirectory("report").FullName;
        try
        {
            string path = Path.Combine(folder, "report.html");
            File.WriteAllText(path, "old");
            HtmlReportWriter.Save(SampleReports.Usual(), path);
            Assert.That(File.ReadAllText(path), Is.EqualTo(HtmlReportWriter.Write(SampleReports.Usual())));
            Assert.That(File.ReadAllBytes(path)[0], Is.EqualTo((byte)'<'), "no byte order mark");
            Assert.That(Directory.GetFiles(folder), Is.EqualTo(new[] { path }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Text(string page) => XDocument.Parse(page).Root!.Value;

    private static IEnumerable<XElement> Cells(XElement round) => round.Elements("g");

    private static string[] TableRows(XDocument page, string caption) =>
        [.. page.Descendants("table").Single(table => table.Element("caption")!.Value == caption).Element("tbody")!.Elements("tr")
            .Select(row => string.Join('|', row.Elements().Select(cell => cell.Value)))];

    private static (double X, double Y)[] Points(XElement polyline) => [.. polyline.Attribute("points")!.Value.Split(' ')
        .Select(pair => pair.Split(','))
        .Select(pair => (double.Parse(pair[0], CultureInfo.InvariantCulture), double.Parse(pair[1], CultureInfo.InvariantCulture)))];
}
