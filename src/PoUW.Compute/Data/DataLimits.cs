namespace PoUW.Compute.Data;

/// <summary>Limits of data sets; checked before anything is allocated.</summary>
public sealed record DataLimits
{
    /// <summary>The default limits.</summary>
    public static DataLimits Default { get; } = new();

    /// <summary>Bytes of a decompressed file, of the records of a data set, or of a download.</summary>
    public long MaxBytes { get; init; } = 1L << 30;

    /// <summary>Samples of a data set.</summary>
    public int MaxSamples { get; init; } = 1 << 24;

    /// <summary>Bytes of one sample, all columns together.</summary>
    public int MaxRecordBytes { get; init; } = 1 << 20;

    /// <summary>Columns of a data set.</summary>
    public int MaxColumns { get; init; } = 64;

    /// <summary>Bytes of one record of a CSV file.</summary>
    public int MaxLineBytes { get; init; } = 1 << 24;

    /// <summary>Classes of a column of labels.</summary>
    public int MaxClasses { get; init; } = 1 << 16;

    /// <summary>Symbols of a vocabulary.</summary>
    public int MaxSymbols { get; init; } = 1 << 21;

    /// <summary>The most bytes that an array, and so a data set, can have.</summary>
    internal long MaxArrayBytes => Math.Min(MaxBytes, Array.MaxLength);
}
