using System.Text.Json;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>What was measured, and what broke a bound.</summary>
internal sealed class AttackFigures
{
    private readonly SortedDictionary<string, double> _figures = new(StringComparer.Ordinal);

    public List<string> Violations { get; } = [];

    /// <summary>Takes a figure that must not be above a bound.</summary>
    public void AtMost(string name, double value, double bound)
    {
        _figures[name] = Math.Round(value, 4);
        Console.WriteLine(FormattableString.Invariant($"{name} = {value:0.####} (at most {bound})"));
        if (!(value <= bound))
        {
            Violations.Add(FormattableString.Invariant($"{name} is {value}, above {bound}"));
        }
    }

    /// <summary>Prints the violations and the figures as one line of JSON.</summary>
    public void Print()
    {
        Violations.ForEach(Console.WriteLine);
        Console.WriteLine(JsonSerializer.Serialize(new { sweep = "attacks", figures = _figures, violations = Violations }));
    }
}
