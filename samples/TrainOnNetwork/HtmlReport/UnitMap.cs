using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace TrainOnNetwork.HtmlReport;

/// <summary>
/// The map of all units: one column a round, one row a unit, one cell a lease. Each round is a drawing of its own, so the map wraps at any width.
/// </summary>
internal sealed class UnitMap
{
    private const double Size = 26;
    private const double Step = 29;
    private const double Head = 16;
    private const double MinWidth = 32;

    private readonly IReadOnlyList<UnitCell> _cells;
    private readonly IReadOnlyDictionary<string, WorkerMark> _marks;

    /// <param name="cells">The leases, in any order.</param>
    public UnitMap(IReadOnlyList<UnitCell> cells) => (_cells, _marks) = (cells, WorkerMark.For(cells.Select(cell => cell.Worker)));

    /// <summary>The section with legend and map.</summary>
    public XElement Build() => _cells.Count == 0
        ? PageSection.Build("units", "Units", El("p", "No unit was leased."))
        : PageSection.Build("units", "Units", El("p", Count()), DrawPatterns(), BuildLegend(), "\n", BuildMap());

    private string Count()
    {
        int Of(LeaseOutcome outcome) => _cells.Count(cell => cell.Outcome == outcome);
        return $"Leases: {Numbers.Whole(_cells.Count)} in all, {Numbers.Whole(Of(LeaseOutcome.Accepted))} accepted, "
            + $"{Numbers.Whole(Of(LeaseOutcome.Convicted))} convicted, {Numbers.Whole(Of(LeaseOutcome.Withheld))} withheld, "
            + $"{Numbers.Whole(Of(LeaseOutcome.Expired))} expired. Each column is a round (R), each row a unit; "
            + "a unit that was leased again has its later leases to the right.";
    }

    private XElement BuildMap() => El(
        "div",
        At("class", "map"),
        _cells.GroupBy(cell => cell.Round).OrderBy(round => round.Key).SelectMany(round => new object[] { DrawRound(round.Key, [.. round]), "\n" }));

    private XElement DrawRound(int round, IReadOnlyList<UnitCell> cells)
    {
        IReadOnlyList<IReadOnlyList<UnitCell>> units = [.. cells
            .GroupBy(cell => cell.Unit).OrderBy(unit => unit.Key)
            .Select(unit => (IReadOnlyList<UnitCell>)[.. unit.OrderBy(cell => cell.Attempt)])];
        double width = Math.Max(MinWidth, units.Max(unit => unit.Count) * Step);
        double height = Head + (units.Count * Step);
        return El(
            "svg",
            At("class", "round"), At("width", width), At("height", height),
            At("viewBox", $"0 0 {Numbers.Coordinate(width)} {Numbers.Coordinate(height)}"), At("role", "img"),
            At("aria-label", $"Round {round}: {string.Join("; ", units.SelectMany(unit => unit).Select(Describe))}"),
            El("text", At("class", "head"), At("x", 0), At("y", 11), $"R{round}"),
            units.SelectMany((unit, row) => unit.Select((cell, column) => DrawCell(cell, 1 + (column * Step), Head + 1 + (row * Step)))));
    }

    private XElement DrawCell(UnitCell cell, double x, double y)
    {
        string title = $"Round {cell.Round}, {Describe(cell)}{(cell.Title.Length > 0 ? $". {cell.Title}" : "")}";
        return DrawCell(_marks[cell.Worker].Letters, _marks[cell.Worker], cell.Outcome, x, y, title);
    }

    private static XElement DrawCell(string letters, WorkerMark? mark, LeaseOutcome outcome, double x, double y, string title) => El(
        "g",
        At("class", "cell " + NameOf(outcome)), At("transform", $"translate({Numbers.Coordinate(x)} {Numbers.Coordinate(y)})"),
        El("title", title),
        El("rect", At("width", Size), At("height", Size), At("rx", 4), Fill(outcome, mark)),
        mark is { Pattern.Length: > 0 } && IsFilled(outcome)
            ? El("rect", At("width", Size), At("height", Size), At("rx", 4), At("fill", $"url(#{mark.Pattern})"))
            : null,
        DrawSign(letters, outcome));

    private static XAttribute? Fill(LeaseOutcome outcome, WorkerMark? mark) => IsFilled(outcome) && mark is not null ? At("fill", mark.Color) : null;

    /// <summary>The letters and, beside them, the sign of an outcome other than accepted; without letters the sign is in the middle.</summary>
    private static IEnumerable<XElement> DrawSign(string letters, LeaseOutcome outcome)
    {
        if (letters.Length > 0)
        {
            yield return Text(outcome == LeaseOutcome.Accepted ? Size / 2 : 7.5, letters);
        }

        double x = letters.Length > 0 ? 19.5 : Size / 2;
        XElement? sign = outcome switch
        {
            LeaseOutcome.Convicted => Stroke("x", x, "M-3.5 -3.5 L3.5 3.5 M3.5 -3.5 L-3.5 3.5"),
            LeaseOutcome.Withheld => Text(x, "?"),
            LeaseOutcome.Expired => Stroke("dash", x, "M-3.5 0 L3.5 0"),
            _ => null,
        };
        if (sign is not null)
        {
            yield return sign;
        }
    }

    private static XElement Stroke(string style, double x, string path) =>
        El("path", At("class", style), At("transform", $"translate({Numbers.Coordinate(x)} 13)"), At("d", path));

    private static XElement Text(double x, string text) =>
        El("text", At("x", x), At("y", 17.5), At("text-anchor", "middle"), text.Length > 1 ? At("class", "small") : null, text);

    private XElement BuildLegend() => El(
        "ul",
        At("class", "legend"), At("aria-label", "Legend of the unit map"),
        _marks.Values.OrderBy(mark => mark.Letters.Length).ThenBy(mark => mark.Letters, StringComparer.Ordinal)
            .Select(mark => Entry(mark.Letters, mark, LeaseOutcome.Accepted, mark.Name)),
        Enum.GetValues<LeaseOutcome>().Where(outcome => outcome != LeaseOutcome.Accepted && _cells.Any(cell => cell.Outcome == outcome))
            .Select(outcome => Entry("", null, outcome, Explain(outcome))));

    private static XElement Entry(string letters, WorkerMark? mark, LeaseOutcome outcome, string text) => El(
        "li",
        El(
            "svg", At("class", "swatch"), At("width", Step), At("height", Step), At("aria-hidden", "true"),
            DrawCell(letters, mark, outcome, 1, 1, text)),
        El("span", letters.Length > 0 ? El("b", At("class", "hidden"), letters + ": ") : null, text));

    private static XElement DrawPatterns() => El(
        "svg",
        At("class", "patterns"), At("width", 0), At("height", 0), At("aria-hidden", "true"),
        El(
            "defs",
            Pattern("stripes", "M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6"),
            Pattern("bars", "M2 0 L2 8"),
            Pattern("dots", "M2 2 L4 2 M2 3 L4 3")));

    private static XElement Pattern(string id, string path) => El(
        "pattern", At("id", id), At("width", 8), At("height", 8), At("patternUnits", "userSpaceOnUse"),
        El("path", At("class", "hatch"), At("d", path)));

    private static string Describe(UnitCell cell) => $"unit {cell.Unit}, lease {cell.Attempt}: {cell.Worker}, {NameOf(cell.Outcome)}";

    private static bool IsFilled(LeaseOutcome outcome) => outcome is LeaseOutcome.Accepted or LeaseOutcome.Convicted;

    private static string Explain(LeaseOutcome outcome) => outcome switch
    {
        LeaseOutcome.Convicted => "convicted of a lie",
        LeaseOutcome.Withheld => "data withheld",
        LeaseOutcome.Expired => "lease expired",
        _ => NameOf(outcome),
    };

    /// <summary>The outcome as the page names it, which is also its style class.</summary>
    public static string NameOf(LeaseOutcome outcome) => outcome switch
    {
        LeaseOutcome.Accepted => "accepted",
        LeaseOutcome.Convicted => "convicted",
        LeaseOutcome.Withheld => "withheld",
        LeaseOutcome.Expired => "expired",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "This is no outcome of a lease."),
    };
}
