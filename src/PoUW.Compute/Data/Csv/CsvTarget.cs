namespace PoUW.Compute.Data.Csv;

/// <summary>What a CSV file has beside its features.</summary>
public enum CsvTarget
{
    /// <summary>Nothing: every column is a feature.</summary>
    None,

    /// <summary>A class: the column "labels", UInt8 [1] for at most 256 classes, else Int32 [1].</summary>
    Class,

    /// <summary>A number: the column "targets", Float32 [1].</summary>
    Number,
}
