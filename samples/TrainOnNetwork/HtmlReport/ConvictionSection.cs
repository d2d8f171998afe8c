using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace TrainOnNetwork.HtmlReport;

/// <summary>The proven lies with their evidence, and who did the unit instead.</summary>
internal static class ConvictionSection
{
    /// <summary>The section.</summary>
    public static XElement Build(IReadOnlyList<ConvictionRow> convictions, IReadOnlyList<UnitCell> units) => PageSection.Build(
        "convictions",
        "Convictions",
        convictions.Count == 0 ? El("p", "No worker was convicted.") : convictions.Select(conviction => Card(conviction, units)));

    private static XElement Card(ConvictionRow conviction, IReadOnlyList<UnitCell> units) => El(
        "article",
        At("class", "card"),
        El("h3", $"{conviction.Worker}: round {conviction.Round}, unit {conviction.Unit}, lease {conviction.Attempt}"),
        El("p", conviction.Lie),
        El(
            "dl",
            Pair("Worker committed to", El("code", At("class", "lie"), conviction.CommittedDigest)),
            Pair("Auditors found", El("code", conviction.AuditedDigest)),
            Pair("Auditors", string.Join(", ", conviction.Auditors)),
            Pair("Convicted at height", Numbers.Whole(conviction.Height)),
            Pair("Stake slashed", conviction.Slashed),
            Pair("Leased again", NextLease(conviction, units)),
            Pair("Transactions", El("code", conviction.TransactionIds))),
        "\n");

    private static XElement Pair(string name, object value) => El("div", El("dt", name), El("dd", value));

    private static string NextLease(ConvictionRow conviction, IReadOnlyList<UnitCell> units)
    {
        UnitCell? next = units
            .Where(cell => cell.Round == conviction.Round && cell.Unit == conviction.Unit && cell.Attempt > conviction.Attempt)
            .MinBy(cell => cell.Attempt);
        return next is null ? "no" : $"lease {next.Attempt} to {next.Worker}, {UnitMap.NameOf(next.Outcome)}";
    }
}
