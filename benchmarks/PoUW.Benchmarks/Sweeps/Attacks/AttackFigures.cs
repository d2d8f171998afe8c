using System.Text.Json;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>What one attack did: figures, and bounds that broke.</summary>
internal sealed class AttackFigures(string attack)
{
    private readonly Dictionary<string, double> _figures = [];
    private readonly List<string> _violations = [];

    /// <summary>True if no bound broke.</summary>
    public bool Ok => _violations.Count == 0;

    /// <summary>Takes a figure that has no bound.</summary>
    public void Tell(string name, double value) => _figures[name] = Math.Round(value, 4);

    /// <summary>Takes a figure that must not be above a bound.</summary>
    public void AtMost(string name, double value, double bound)
    {
        Tell(name, double.IsFinite(value) ? value : -1);
        if (!(value <= bound))
        {
            _violations.Add(FormattableString.Invariant($"{name} is {value}, above {bound}"));
        }
    }

    /// <summary>Takes a figure that must not be below a bound.</summary>
    public void AtLeast(string name, double value, double bound)
    {
        Tell(name, value);
        if (!(value >= bound))
        {
            _violations.Add(FormattableString.Invariant($"{name} is {value}, below {bound}"));
        }
    }

    /// <summary>Prints all as one line of JSON.</summary>
    public void Print() =>
        Console.WriteLine(JsonSerializer.Serialize(new { sweep = AttackSweep.Name, attack, figures = _figures, violations = _violations, ok = Ok }));
}
