using CsvHelper;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data.Csv;

/// <summary>
/// Reads tables of numbers from CSV files (RFC 4180, UTF-8), plain or in gzip, record by record. Numbers are read without regard to
/// culture and rounded correctly to fp32; anything that is no finite number is refused with its line and column. Empty lines are read over.
/// </summary>
public static class CsvDatasets
{
    /// <summary>Column of the features.</summary>
    public const string Features = "features";

    /// <summary>Column of the numbers to predict.</summary>
    public const string Targets = "targets";

    /// <summary>Reads a file.</summary>
    public static ValidationResult TryRead(string path, CsvOptions options, DataLimits limits, out CsvDataset? dataset)
    {
        CsvDataset? read = null;
        ValidationResult result = DataFile.TryRead(path, limits, (stream, name) => TryRead(stream, name, options, limits, out read));
        dataset = result.IsValid ? read : null;
        return result;
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The content.</param>
    /// <param name="name">Name for messages.</param>
    /// <param name="options">How the content is read.</param>
    /// <param name="limits">Limits.</param>
    /// <param name="dataset">The data set.</param>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public static ValidationResult TryRead(Stream stream, string name, CsvOptions options, DataLimits limits, out CsvDataset? dataset)
    {
        dataset = null;
        if (!char.IsAscii(options.Separator) || options.Separator is '"' or '\r' or '\n' or '\0')
        {
            return DataFile.Bad(name, nameof(options.Separator), "the separator must be an ASCII character that is no quote and no line end.");
        }

        using CsvReader reader = CsvReader.Create(stream, ReaderOptions(options, limits), leaveOpen: true);
        CsvTableReader table = new(name, options, limits);
        try
        {
            while (reader.Read())
            {
                ValidationResult result = table.Add(reader);
                if (!result.IsValid)
                {
                    return result;
                }
            }
        }
        catch (CsvFormatException e)
        {
            return DataFile.Bad(name, "content", e.Message);
        }

        return table.TryFinish(out dataset);
    }

    private static CsvReaderOptions ReaderOptions(CsvOptions options, DataLimits limits) => new()
    {
        Separator = options.Separator,

        // The header is read like any record, so that the line of an error in it is known too.
        HasHeader = false,
        MalformedData = CsvMalformedDataHandling.Throw,
        FieldCountMismatch = CsvFieldCountHandling.Throw,
        MaxRecordSize = limits.MaxLineBytes,
        TrackLineNumbers = true,
        SkipEmptyLines = true,
        IncludeValuesInExceptions = false,
    };

    /// <summary>The column of the labels of a number of classes.</summary>
    internal static DatasetColumn LabelColumn(int classes) =>
        new(ImageDatasets.Labels, classes <= 256 ? TensorType.UInt8 : TensorType.Int32, [1]);
}
