namespace PoUW.Compute.Data.Csv;

/// <summary>A data set from a CSV file.</summary>
/// <param name="Data">"features" Float32 [n], and "labels" or "targets" as <see cref="CsvTarget"/> says.</param>
/// <param name="FeatureNames">The columns of the file that became features, in their order.</param>
/// <param name="Classes">What the numbers in "labels" stand for; empty without labels.</param>
public sealed record CsvDataset(Dataset Data, IReadOnlyList<string> FeatureNames, IReadOnlyList<string> Classes);
