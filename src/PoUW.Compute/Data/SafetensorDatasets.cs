using System.Runtime.InteropServices;
using PoUW.Compute.StateDicts;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data;

/// <summary>
/// Reads data sets from safetensors files: every tensor is a column, its first dimension the samples. The columns are in ordinal order of
/// their names. U8, I32 and F32 are taken as they are, BOOL as U8, I64 as I32 if every number fits; other types are refused rather than
/// rounded, and so are numbers that are not finite.
/// </summary>
public static class SafetensorDatasets
{
    /// <summary>Reads a file, plain or in gzip.</summary>
    public static ValidationResult TryRead(string path, DataLimits limits, out Dataset? dataset)
    {
        dataset = null;
        string name = Path.GetFileName(path);
        ValidationResult result = DataFile.TryReadAll(path, limits, out byte[] bytes);
        if (!result.IsValid)
        {
            return result;
        }

        result = SafetensorFile.TryDecode(bytes, SafetensorLimits.Default with { MaxTensors = limits.MaxColumns }, out SafetensorFile? file);
        result = result.IsValid ? TryConvert(file!, limits, out dataset) : result;
        return result.IsValid ? result : DataFile.Bad(name, result.Field, result.Message, result.Code);
    }

    /// <summary>Makes a data set of the tensors of a file.</summary>
    public static ValidationResult TryConvert(SafetensorFile file, DataLimits limits, out Dataset? dataset)
    {
        dataset = null;
        List<(DatasetColumn Column, SafetensorEntry Entry)> columns = [];
        foreach (SafetensorEntry entry in file.Tensors.OrderBy(tensor => tensor.Name, StringComparer.Ordinal))
        {
            ValidationResult result = ToColumn(entry, file.Tensors[0], out DatasetColumn? column);
            if (!result.IsValid)
            {
                return result;
            }

            columns.Add((column!, entry));
        }

        long count = columns.Count == 0 ? 0 : columns[0].Entry.Shape[0];
        ValidationResult size = Dataset.CheckSize([.. columns.Select(pair => pair.Column)], count, limits);
        if (!size.IsValid)
        {
            return size;
        }

        List<(DatasetColumn, ReadOnlyMemory<byte>)> values = [];
        foreach ((DatasetColumn column, SafetensorEntry entry) in columns)
        {
            ValidationResult result = ToValues(column, entry, out ReadOnlyMemory<byte> data);
            if (!result.IsValid)
            {
                return result;
            }

            values.Add((column, data));
        }

        dataset = Dataset.FromColumns(values);
        return ValidationResult.Ok;
    }

    private static ValidationResult ToColumn(SafetensorEntry entry, SafetensorEntry first, out DatasetColumn? column)
    {
        column = null;
        if (entry.Shape.Count == 0 || entry.Shape[0] != first.Shape.FirstOrDefault())
        {
            return Bad(entry, $"the first dimension of every tensor is the number of samples, but it is not that of '{first.Name}'.");
        }

        TensorType? type = entry.Type switch
        {
            SafetensorType.UInt8 or SafetensorType.Bool => TensorType.UInt8,
            SafetensorType.Int32 or SafetensorType.Int64 => TensorType.Int32,
            SafetensorType.Float32 => TensorType.Float32,
            _ => null,
        };
        if (type is null)
        {
            return Bad(entry, $"{entry.Type} is not supported; convert it to UInt8, Int32 or Float32.");
        }

        int[] shape = entry.Shape.Count == 1 ? [1] : [.. entry.Shape.Skip(1).Select(size => (int)Math.Min(size, int.MaxValue))];
        if (DatasetColumn.Problem(entry.Name, type.Value, shape) is { } problem)
        {
            return Bad(entry, problem);
        }

        column = new DatasetColumn(entry.Name, type.Value, shape);
        return ValidationResult.Ok;
    }

    private static ValidationResult ToValues(DatasetColumn column, SafetensorEntry entry, out ReadOnlyMemory<byte> values)
    {
        values = entry.Data;
        if (entry.Type == SafetensorType.Float32)
        {
            ReadOnlySpan<float> numbers = MemoryMarshal.Cast<byte, float>(entry.Data.Span);
            for (int i = 0; i < numbers.Length; i++)
            {
                if (!float.IsFinite(numbers[i]))
                {
                    return Bad(entry, $"sample {i / column.Width} has a number that is not finite.");
                }
            }
        }
        else if (entry.Type == SafetensorType.Int64)
        {
            ReadOnlySpan<long> numbers = MemoryMarshal.Cast<byte, long>(entry.Data.Span);
            int[] narrow = new int[numbers.Length];
            for (int i = 0; i < numbers.Length; i++)
            {
                if (numbers[i] is < int.MinValue or > int.MaxValue)
                {
                    return Bad(entry, $"sample {i / column.Width} has {numbers[i]}, which does not fit Int32.");
                }

                narrow[i] = (int)numbers[i];
            }

            values = MemoryMarshal.AsBytes(narrow.AsSpan()).ToArray();
        }

        return ValidationResult.Ok;
    }

    private static ValidationResult Bad(SafetensorEntry entry, string message) =>
        ValidationResult.Fail(ValidationCode.Malformed, entry.Name, message);
}
