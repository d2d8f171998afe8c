using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PoUW.Sdk.Tests.Architecture;

/// <summary>
/// docs/metrics.md is the table of all instruments, written from their declarations and doc comments. After a change run the tests once with the
/// environment variable POUW_UPDATE_API=1 and review the difference.
/// </summary>
[TestFixture]
public sealed partial class MetricsDocumentTests
{
    private const BindingFlags Static = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic;

    private const string Head = """
        # Metrics

        What a node measures about itself, as `System.Diagnostics.Metrics`: subscribe to the meters below with a `MeterListener`, OpenTelemetry's
        `AddMeter` or `dotnet-counters`. Every measurement has the tag `node`, the name that the host gave the node; other tags stand with the
        instrument. While nobody listens they cost a comparison. Written by a test, so do not edit.

        """;

    [Test]
    public void The_document_lists_every_instrument_as_it_is()
    {
        string path = Repository.PathOf("docs", "metrics.md");
        string text = Write();
        if (Environment.GetEnvironmentVariable("POUW_UPDATE_API") == "1")
        {
            File.WriteAllText(path, text);
        }

        Assert.That(text.Split('\n'), Is.EqualTo(File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n')));
    }

    [Test]
    public void Names_are_unique_and_lead_with_the_project()
    {
        string[] names = [.. Packages.Names.Select(Packages.Load).SelectMany(InstrumentsOf).Select(static pair => pair.Instrument.Name)];
        Assert.That(names, Is.Unique.And.Not.Empty);
        Assert.That(names, Has.All.Match(@"^pouw(\.[a-z]+)+$"));
    }

    private static string Write()
    {
        StringBuilder document = new(Head.ReplaceLineEndings("\n"));
        foreach (Assembly assembly in Packages.Names.Select(Packages.Load).Where(static assembly => InstrumentsOf(assembly).Any()))
        {
            XDocument comments = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"));
            Dictionary<string, string> summaries = comments.Descendants("member").ToDictionary(
                static member => member.Attribute("name")!.Value, static member => member.Element("summary")?.Value ?? "", StringComparer.Ordinal);
            document.Append(CultureInfo.InvariantCulture, $"\n## {InstrumentsOf(assembly).First().Instrument.Meter.Name}\n\n");
            document.Append("| instrument | kind | unit | what it counts |\n|---|---|---|---|\n");
            foreach ((FieldInfo field, Instrument instrument) in InstrumentsOf(assembly))
            {
                string summary = Space().Replace(summaries[$"F:{field.DeclaringType!.FullName}.{field.Name}"], " ").Trim();
                document.Append(CultureInfo.InvariantCulture, $"| `{instrument.Name}` | {KindOf(instrument)} | {instrument.Unit} | {summary} |\n");
            }
        }

        return document.ToString();
    }

    private static IEnumerable<(FieldInfo Field, Instrument Instrument)> InstrumentsOf(Assembly assembly) => assembly.GetTypes()
        .Where(static type => !type.ContainsGenericParameters)
        .SelectMany(static type => type.GetFields(Static))
        .Where(static field => typeof(Instrument).IsAssignableFrom(field.FieldType))
        .Select(static field => (field, (Instrument)field.GetValue(null)!))
        .OrderBy(static pair => pair.Item2.Name, StringComparer.Ordinal);

    private static string KindOf(Instrument instrument)
    {
        string name = instrument.GetType().Name;
        return name[..name.IndexOf('`', StringComparison.Ordinal)];
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
