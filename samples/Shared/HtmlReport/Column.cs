namespace Samples.Shared.HtmlReport;

/// <summary>A column of a table.</summary>
/// <param name="Name">Its heading.</param>
/// <param name="IsNumber">Whether its cells are numbers, which are aligned on the right.</param>
public sealed record Column(string Name, bool IsNumber)
{
    /// <summary>A column of numbers.</summary>
    public static Column Number(string name) => new(name, true);

    /// <summary>A column of texts.</summary>
    public static Column Text(string name) => new(name, false);
}
