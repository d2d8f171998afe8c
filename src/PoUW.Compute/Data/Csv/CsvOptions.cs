namespace PoUW.Compute.Data.Csv;

/// <summary>How a CSV file is read.</summary>
public sealed record CsvOptions
{
    /// <summary>The default: commas, a header, a class in the last column, nothing missing.</summary>
    public static CsvOptions Default { get; } = new();

    /// <summary>The character between fields; ASCII, no quote and no line end.</summary>
    public char Separator { get; init; } = ',';

    /// <summary>True if the first record has the names of the columns. Without it the names are "0", "1", ...</summary>
    public bool HasHeader { get; init; } = true;

    /// <summary>What the file has beside features.</summary>
    public CsvTarget Target { get; init; } = CsvTarget.Class;

    /// <summary>Name of the column of the target; null for the last one.</summary>
    public string? TargetName { get; init; }

    /// <summary>Names of columns that are read over, such as row numbers.</summary>
    public IReadOnlyCollection<string> Ignored { get; init; } = [];

    /// <summary>The classes in the order of their numbers, so that a test set has those of its training set; null for those of the file, sorted.</summary>
    public IReadOnlyList<string>? Classes { get; init; }

    /// <summary>Texts that stand for a missing number.</summary>
    public IReadOnlyCollection<string> MissingMarks { get; init; } = [""];

    /// <summary>The number that replaces a missing feature; null refuses files in which one is missing. A missing target is always refused.</summary>
    public float? FillMissing { get; init; }
}
