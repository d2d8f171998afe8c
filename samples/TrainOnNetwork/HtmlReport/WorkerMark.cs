namespace TrainOnNetwork.HtmlReport;

/// <summary>How the unit map shows a worker. The letters alone tell all workers apart; colour and pattern only help the eye.</summary>
/// <param name="Name">Name of the worker.</param>
/// <param name="Letters">Letters in its cells: A to Z, then AA, AB and so on.</param>
/// <param name="Color">Its colour in <see cref="PageStyle.WorkerColors"/>.</param>
/// <param name="Pattern">Name of the pattern over the colour; empty for none.</param>
internal sealed record WorkerMark(string Name, string Letters, string Color, string Pattern)
{
    private const int Alphabet = 26;

    /// <summary>Names of the patterns, one for each time the colours are used up.</summary>
    public static IReadOnlyList<string> Patterns { get; } = ["", "stripes", "bars", "dots"];

    /// <summary>The marks of all workers. Names are ordered by length first, so worker-2 comes before worker-10.</summary>
    public static IReadOnlyDictionary<string, WorkerMark> For(IEnumerable<string> workers) => workers
        .Distinct(StringComparer.Ordinal)
        .OrderBy(name => name.Length)
        .ThenBy(name => name, StringComparer.Ordinal)
        .Select(At)
        .ToDictionary(mark => mark.Name, StringComparer.Ordinal);

    private static WorkerMark At(string name, int index)
    {
        int colors = PageStyle.WorkerColors.Count;
        return new WorkerMark(name, LettersOf(index), PageStyle.WorkerColors[index % colors], Patterns[index / colors % Patterns.Count]);
    }

    private static string LettersOf(int index) =>
        (index < Alphabet ? "" : LettersOf((index / Alphabet) - 1)) + (char)('A' + (index % Alphabet));
}
