using System.Runtime.InteropServices;
using PoUW.Compute.StateDicts;
using PoUW.Compute.StateDicts.Safetensors;
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
        List<(DatasetColumn Column, string Name, StateTensor Tensor)> columns = [];
        foreach ((string name, StateTensor tensor) in file.Tensors.OrderBy(static pair => pair.Key, StringComparer.Ordinal))
        {
            ValidationResult result = ToColumn(name, tensor, file.Tensors.First(), out DatasetColumn? column);
            if (!result.IsValid)
            {
                return result;
            }

            columns.Add((column!, name, tensor));
        }

        long count = columns.Count == 0 ? 0 : columns[0].Tensor.Shape[0];
        ValidationResult size = Dataset.CheckSize([.. columns.Select(pair => pair.Column)], count, limits);
        if (!size.IsValid)
        {
            return size;
        }

        List<(DatasetColumn, ReadOnlyMemory<byte>)> values = [];
        foreach ((DatasetColumn column, string name, StateTensor tensor) in columns)
        {
            ValidationResult result = ToValues(column, name, tensor, out ReadOnlyMemory<byte> data);
            if (!result.IsValid)
            {
                return result;
            }

            values.Add((column, data));
        }

        dataset = Dataset.FromColumns(values);
        return ValidationResult.Ok;
    }

    private static ValidationResult ToColumn(string name, StateTensor tensor, KeyValuePair<string, StateTensor> first, out DatasetColumn? column)
    {
        column = null;
        if (tensor.Shape.Count == 0 || tensor.Shape[0] != first.Value.Shape.FirstOrDefault())
        {
            return Bad(name, $"the first dimension of every tensor is the number of samples, but it is not that of '{first.Key}'.");
        }

        TensorType? type = tensor.Type switch
        {
            StateTensorType.UInt8 or StateTensorType.Bool => TensorType.UInt8,
            StateTensorType.Int32 or StateTensorType.Int64 => TensorType.Int32,
            StateTensorType.Float32 => TensorType.Float32,
            _ => null,
        };
        if (type is null)
        {
            return Bad(name, $"{tensor.Type} is not supported; convert it to UInt8, Int32 or Float32.");
        }

        int[] shape = tensor.Shape.Count == 1 ? [1] : [.. tensor.Shape.Skip(1).Select(size => (int)Math.Min(size, int.MaxValue))];
        if (DatasetColumn.Problem(name, type.Value, shape) is { } problem)
        {
            return Bad(name, problem);
        }

        column = new DatasetColumn(name, type.Value, shape);
        return ValidationResult.Ok;
    }

    private static ValidationResult ToValues(DatasetColumn column, string name, StateTensor tensor, out ReadOnlyMemory<byte> values)
    {
        values = tensor.Data;
        if (tensor.Type == StateTensorType.Float32)
        {
            ReadOnlySpan<float> numbers = MemoryMarshal.Cast<byte, float>(tensor.Data.Span);
            for (int i = 0; i < numbers.Length; i++)
            {
                if (!float.IsFinite(numbers[i]))
                {
                    return Bad(name, $"sample {i / column.Width} has a number that is not finite.");
                }
            }
        }
        else if (tensor.Type == StateTensorType.Int64)
        {
            ReadOnlySpan<long> numbers = MemoryMarshal.Cast<byte, long>(tensor.Data.Span);
            int[] narrow = new int[numbers.Length];
            for (int i = 0; i < numbers.Length; i++)
            {
                if (numbers[i] is < int.MinValue or > int.MaxValue)
                {
                    return Bad(name, $"sample {i / column.Width} has {numbers[i]}, which does not fit Int32.");
                }

                narrow[i] = (int)numbers[i];
            }

            values = MemoryMarshal.AsBytes(narrow.AsSpan()).ToArray();
        }

        return ValidationResult.Ok;
    }

    private static ValidationResult Bad(string name, string message) =>
        ValidationResult.Fail(ValidationCode.Malformed, name, message);
}
