using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using CsvHelper;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data.Csv;

/// <summary>Collects the records of one CSV file. Not thread-safe.</summary>
internal sealed class CsvTableReader(string file, CsvOptions options, DataLimits limits)
{
    private const int QuotedCharacters = 40;

    private readonly byte[][] _missing = [.. options.MissingMarks.Select(Encoding.UTF8.GetBytes)];
    private readonly ArrayBufferWriter<byte> _features = new();
    private readonly List<float> _targets = [];
    private readonly List<int> _labels = [];
    private readonly Dictionary<string, int> _classNumbers = new(StringComparer.Ordinal);
    private string[]? _names;
    private int[] _featureFields = [];
    private int _targetField = -1;
    private int _count;
    private int _maxCount;

    /// <summary>Takes the next record: the header first, if there is one.</summary>
    public ValidationResult Add(CsvReader record)
    {
        if (_names is null)
        {
            ValidationResult result = Begin(record);
            if (!result.IsValid || options.HasHeader)
            {
                return result;
            }
        }

        return AddSample(record);
    }

    /// <summary>The data set of all records.</summary>
    public ValidationResult TryFinish(out CsvDataset? dataset)
    {
        dataset = null;
        if (_count == 0)
        {
            return DataFile.Bad(file, "content", "there is no sample.");
        }

        List<(DatasetColumn, ReadOnlyMemory<byte>)> columns = [(FeatureColumn(), _features.WrittenMemory)];
        string[] classes = [];
        if (options.Target == CsvTarget.Number)
        {
            columns.Add((TargetColumn, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_targets)).ToArray()));
        }
        else if (options.Target == CsvTarget.Class)
        {
            classes = options.Classes is null ? [.. _classNumbers.Keys.Order(StringComparer.Ordinal)] : [.. options.Classes];
            columns.Add((CsvDatasets.LabelColumn(classes.Length), EncodeLabels(classes)));
        }

        dataset = new CsvDataset(Dataset.FromColumns(columns), Array.AsReadOnly([.. _featureFields.Select(field => _names![field])]), classes);
        return ValidationResult.Ok;
    }

    private static DatasetColumn TargetColumn { get; } = new(CsvDatasets.Targets, TensorType.Float32, [1]);

    private DatasetColumn FeatureColumn() => new(CsvDatasets.Features, TensorType.Float32, [_featureFields.Length]);

    /// <summary>Learns the columns from the first record.</summary>
    private ValidationResult Begin(CsvReader record)
    {
        string[] names = new string[record.FieldCount];
        for (int i = 0; i < names.Length; i++)
        {
            if (options.HasHeader && !Utf8.IsValid(record.GetSpan(i)))
            {
                return Bad(record, $"field {i + 1} of the header", "is not valid UTF-8.");
            }

            names[i] = options.HasHeader ? record.GetString(i) : i.ToString(CultureInfo.InvariantCulture);
        }

        HashSet<string> distinct = new(StringComparer.Ordinal);
        if (names.FirstOrDefault(name => !distinct.Add(name)) is { } twice)
        {
            return Bad(record, "header", $"the name '{Shorten(twice)}' is used twice.");
        }

        foreach (string wanted in options.Ignored.Append(options.TargetName ?? names[^1]))
        {
            if (!distinct.Contains(wanted))
            {
                return Bad(record, "header", $"there is no column '{wanted}'.");
            }
        }

        _targetField = options.Target == CsvTarget.None ? -1 : Array.IndexOf(names, options.TargetName ?? names[^1]);
        _featureFields = [.. Enumerable.Range(0, names.Length).Where(i => i != _targetField && !options.Ignored.Contains(names[i]))];
        if (_featureFields.Length == 0)
        {
            return Bad(record, "header", "there is no column of features.");
        }

        if (_targetField >= 0 && options.Ignored.Contains(names[_targetField]))
        {
            return Bad(record, "header", $"the target '{names[_targetField]}' is ignored.");
        }

        return BeginClasses(record, names);
    }

    private ValidationResult BeginClasses(CsvReader record, string[] names)
    {
        _names = names;
        foreach (string name in options.Classes ?? [])
        {
            if (!_classNumbers.TryAdd(name, _classNumbers.Count))
            {
                return Bad(record, nameof(options.Classes), $"the class '{Shorten(name)}' is given twice.");
            }
        }

        return CheckSize(record);
    }

    private ValidationResult AddSample(CsvReader record)
    {
        if (_count == _maxCount)
        {
            return DataFile.Bad(file, $"line {record.LineNumber}", $"there are more than {_maxCount} samples.", ValidationCode.TooLarge);
        }

        ValidationResult result = ValidationResult.Ok;
        Span<float> row = MemoryMarshal.Cast<byte, float>(_features.GetSpan(_featureFields.Length * sizeof(float)));
        for (int i = 0; i < _featureFields.Length && result.IsValid; i++)
        {
            result = ReadNumber(record, _featureFields[i], options.FillMissing, out row[i]);
        }

        if (!result.IsValid)
        {
            return result;
        }

        _features.Advance(_featureFields.Length * sizeof(float));
        _count++;
        switch (options.Target)
        {
            case CsvTarget.Number:
                result = ReadNumber(record, _targetField, null, out float target);
                _targets.Add(target);
                return result;
            case CsvTarget.Class:
                return AddLabel(record);
            default:
                return ValidationResult.Ok;
        }
    }

    private ValidationResult AddLabel(CsvReader record)
    {
        ReadOnlySpan<byte> text = record.GetSpan(_targetField);
        if (!Utf8.IsValid(text))
        {
            return BadField(record, _targetField, "is not valid UTF-8");
        }

        string name = Encoding.UTF8.GetString(text);
        if (_classNumbers.TryGetValue(name, out int number))
        {
            _labels.Add(number);
            return ValidationResult.Ok;
        }

        if (options.Classes is not null)
        {
            return BadField(record, _targetField, "is none of the classes that are given");
        }

        if (_classNumbers.Count >= limits.MaxClasses)
        {
            return BadField(record, _targetField, $"is one class more than the limit of {limits.MaxClasses}", ValidationCode.TooLarge);
        }

        _labels.Add(_classNumbers.Count);
        _classNumbers.Add(name, _classNumbers.Count);
        return ValidationResult.Ok;
    }

    private ValidationResult ReadNumber(CsvReader record, int field, float? fill, out float value)
    {
        ReadOnlySpan<byte> text = record.GetSpan(field);
        value = fill ?? 0;
        if (IsMissing(text))
        {
            return fill is null ? BadField(record, field, "is missing") : ValidationResult.Ok;
        }

        return float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value)
            ? ValidationResult.Ok
            : BadField(record, field, "is no finite number that fp32 can hold");
    }

    private bool IsMissing(ReadOnlySpan<byte> text)
    {
        foreach (byte[] mark in _missing)
        {
            if (text.SequenceEqual(mark))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The numbers of the classes follow their names, not the order in which the file has them.</summary>
    private byte[] EncodeLabels(string[] classes)
    {
        Dictionary<string, int> sorted = classes.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i, StringComparer.Ordinal);
        int[] rank = new int[classes.Length];
        foreach ((string name, int number) in _classNumbers)
        {
            rank[number] = sorted[name];
        }

        int[] labels = [.. _labels.Select(number => rank[number])];
        return CsvDatasets.LabelColumn(classes.Length).Type == TensorType.UInt8
            ? [.. labels.Select(label => (byte)label)]
            : MemoryMarshal.AsBytes(labels.AsSpan()).ToArray();
    }

    private ValidationResult CheckSize(CsvReader record)
    {
        // Labels count with four bytes, since the number of classes is not known before the end.
        DatasetColumn[] columns = options.Target == CsvTarget.None ? [FeatureColumn()] : [FeatureColumn(), TargetColumn];
        ValidationResult result = Dataset.CheckSize(columns, 1, limits);
        _maxCount = (int)Math.Min(limits.MaxSamples, limits.MaxArrayBytes / columns.Sum(column => (long)column.RecordBytes));
        return result.IsValid ? result : DataFile.Bad(file, $"line {record.LineNumber}", result.Message, result.Code);
    }

    private ValidationResult BadField(CsvReader record, int field, string problem, ValidationCode code = ValidationCode.Malformed) =>
        Bad(record, $"column '{Shorten(_names![field])}'", $"'{Shorten(Encoding.UTF8.GetString(record.GetSpan(field)))}' {problem}.", code);

    private ValidationResult Bad(CsvReader record, string field, string message, ValidationCode code = ValidationCode.Malformed) =>
        DataFile.Bad(file, $"line {record.LineNumber}, {field}", message, code);

    private static string Shorten(string text) => text.Length <= QuotedCharacters ? text : string.Concat(text.AsSpan(0, QuotedCharacters), "...");
}
