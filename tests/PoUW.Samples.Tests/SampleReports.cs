using TrainOnNetwork.HtmlReport;

namespace PoUW.Samples.Tests;

/// <summary>Runs to report: a usual one, the smallest one, and one of the largest the sample allows.</summary>
internal static class SampleReports
{
    public const string Script = "<script>alert(\"x\")</script>&'";

    public static RunReport Usual() => new()
    {
        Title = "Fashion-MNIST trained by 4 workers on a chain",
        Created = new DateTimeOffset(2026, 3, 4, 7, 6, 5, TimeSpan.FromHours(2)),
        TestAccuracy = 0.8841,
        TestNote = "8,841 of 10,000 images that were never trained on",
        WeightsHash = Digest(1),
        Summary =
        [
            new("Job", "Completed, 96 units in 24 rounds"), new("Chain", "height 1,204, finalized 1,201"), new("Nodes in agreement", "9 of 9"),
            new("Escrow", "960.00 = paid 931.50 + burned 8.50 + refunded 20.00"), new("Time", "94.2 s"), new("Model", "run/model.safetensors"),
        ],
        Curve = Curve(24),
        Units = [.. Units(24, 4, 4)],
        Payments =
        [
            new("worker-1", "worker", "301.25", "2.50", "44.00", "0.00", "1,347.75"),
            new("worker-2", "worker", "288.00", "0.00", "31.00", "0.00", "1,319.00"),
            new("worker-3", "worker, convicted", "12.25", "0.00", "0.00", "500.00", "512.25"),
            new("worker-4", "worker", "330.00", "1.25", "58.00", "0.00", "1,389.25"),
            new("validator-1", "validator", "0.00", "7.75", "61.00", "0.00", "10,068.75"),
        ],
        Convictions =
        [
            new("worker-3", 5, 1, 0, "Sent random gradients in place of the computed ones.", Digest(7), Digest(8),
                ["validator-1", "validator-2"], 1_245, "500.00 coins", Digest(9)),
        ],
        Blocks = [new("worker-1", 352), new("worker-2", 248), new("worker-4", 464), new("validator-1", 140)],
        Restarts = [new("validator-2", 1_410, 1_533)],
        Supply = new("51,204.00", "508.50", "50,695.50", [new("Balances", "48,695.50"), new("Stakes", "2,000.00"), new("Escrow", "0.00")]),
    };

    public static RunReport Smallest() => new()
    {
        Title = "One round",
        Created = DateTimeOffset.UnixEpoch,
        TestAccuracy = 1,
        WeightsHash = Digest(2),
        Curve = [new(1, 4, 0.5, 1, 1)],
        Units = [new(1, 0, 0, "w", LeaseOutcome.Accepted, "")],
    };

    public static RunReport Empty() => new()
    {
        Title = "Nothing",
        Created = DateTimeOffset.UnixEpoch,
        TestAccuracy = double.NaN,
        WeightsHash = Digest(3),
        Curve = [new(1, 4, double.NaN, 0.1, null)],
    };

    public static RunReport Large()
    {
        string name = new('n', 200);
        return Usual() with
        {
            Title = $"Large {name}",
            Curve = Curve(200),
            Units = [.. Units(200, 8, 64)],
            Payments = [.. Enumerable.Range(1, 64)
                .Select(i => new PaymentRow($"{name}{i}", "worker", "123,456,789.12345678", "0.1", "0.2", "0", "9"))],
            Convictions = [.. Enumerable.Range(1, 30).Select(i => Usual().Convictions[0] with { Worker = $"{name}{i}", Round = i })],
            Blocks = [.. Enumerable.Range(1, 64).Select(i => new ProducerBlocks($"{name}{i}", i))],
            Restarts = [new(name, 5, 3)],
        };
    }

    /// <summary>Every text of the report is a piece of script.</summary>
    public static RunReport Hostile() => Usual() with
    {
        Title = Script,
        TestNote = Script,
        WeightsHash = Script,
        Summary = [new(Script, Script)],
        Units = [new(1, 0, 0, Script, LeaseOutcome.Convicted, Script), new(1, 0, 1, "\u202Eevil\0\uD800\u001B", LeaseOutcome.Accepted, "\uFFFF")],
        Payments = [new(Script, Script, Script, Script, Script, Script, Script)],
        Convictions = [new(Script, 1, 0, 0, Script, Script, Script, [Script, Script], 1, Script, Script)],
        Blocks = [new(Script, 3)],
        Restarts = [new(Script, 1, 2)],
        Supply = new(Script, Script, Script, [new(Script, Script)]),
    };

    private static IReadOnlyList<CurvePoint> Curve(int rounds) => [.. Enumerable.Range(1, rounds).Select(round =>
    {
        double done = 1 - Math.Exp(-round / 6.0);
        double train = 0.62 + (0.31 * done) + (0.008 * Math.Sin(round * 2.1));
        return new CurvePoint(round, round * 16, 2.1 - (1.85 * done), train, round % 2 == 0 ? 0.6 + (0.2841 * done) : null);
    })];

    private static IEnumerable<UnitCell> Units(int rounds, int units, int workers)
    {
        for (int round = 1; round <= rounds; round++)
        {
            for (int unit = 0; unit < units; unit++)
            {
                int worker = 1 + (((round * units) + unit + (round / 3)) % workers);
                LeaseOutcome first = (round % 12, unit) switch
                {
                    (5, 1) => LeaseOutcome.Convicted,
                    (9, 2) => LeaseOutcome.Withheld,
                    (11, 0) => LeaseOutcome.Expired,
                    _ => LeaseOutcome.Accepted,
                };
                yield return new UnitCell(round, unit, 0, $"worker-{worker}", first, $"{unit + 4} steps");
                if (first != LeaseOutcome.Accepted)
                {
                    yield return new UnitCell(round, unit, 1, $"worker-{1 + (worker % workers)}", LeaseOutcome.Accepted, "");
                }
            }
        }
    }

    private static string Digest(int seed) => string.Concat(
        Enumerable.Range(0, 32).Select(i => ((i * 37 * seed) + (seed * 11)) % 256).Select(b => $"{b:x2}"));
}
