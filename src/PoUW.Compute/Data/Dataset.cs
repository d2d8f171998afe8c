using System.Runtime.InteropServices;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Vm.State;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data;

/// <summary>
/// Samples with named columns. The identity of the content is <see cref="Root"/>: a Merkle tree over the raw records (the columns of a
/// sample one after the other) with leaf SHA-256(0x00 || record), node SHA-256(0x01 || left || right), a node without sibling moving up.
/// docs/data.md describes it and the encoding. Immutable and thread-safe.
/// </summary>
public sealed class Dataset
{
    // Lane I takes bytes as 0 to 63, so that they fit an int7 operand.
    private const int Int7Shift = 2;

    private readonly ReadOnlyMemory<byte> _records;
    private readonly int[] _offsets;
    private readonly Lazy<Hash256> _root;

    private Dataset(IReadOnlyList<DatasetColumn> columns, int recordBytes, ReadOnlyMemory<byte> records)
    {
        (Columns, RecordBytes, _records) = (columns, recordBytes, records);
        Count = records.Length / recordBytes;
        _offsets = new int[columns.Count];
        for (int i = 1; i < columns.Count; i++)
        {
            _offsets[i] = _offsets[i - 1] + columns[i - 1].RecordBytes;
        }

        _root = new Lazy<Hash256>(ComputeRoot);
    }

    /// <summary>The columns in the order in which they lie in a record.</summary>
    public IReadOnlyList<DatasetColumn> Columns { get; }

    /// <summary>Samples; at least 1.</summary>
    public int Count { get; }

    /// <summary>Bytes of one sample.</summary>
    public int RecordBytes { get; }

    /// <summary>The Merkle root over all records. Computed once, on first use.</summary>
    public Hash256 Root => _root.Value;

    /// <summary>All records, one after the other.</summary>
    public ReadOnlySpan<byte> Records => _records.Span;

    /// <summary>Creates a set from columns, each with the values of all samples one after the other. The values are copied.</summary>
    /// <exception cref="ArgumentException">There is no column or no sample, a name is used twice, or the lengths do not match.</exception>
    public static Dataset FromColumns(IEnumerable<(DatasetColumn Column, ReadOnlyMemory<byte> Values)> columns)
    {
        (DatasetColumn Column, ReadOnlyMemory<byte> Values)[] parts = [.. columns];
        DatasetColumn[] schema = [.. parts.Select(part => part.Column)];
        int recordBytes = CheckSchema(schema);
        int count = parts[0].Values.Length / parts[0].Column.RecordBytes;
        foreach ((DatasetColumn column, ReadOnlyMemory<byte> values) in parts)
        {
            if (count < 1 || values.Length != (long)count * column.RecordBytes)
            {
                throw new ArgumentException(
                    $"Column '{column.Name}' has {values.Length} bytes; {Math.Max(count, 1)} samples of {column.RecordBytes} bytes are expected.",
                    nameof(columns));
            }
        }

        if ((long)recordBytes * count > Array.MaxLength)
        {
            throw new ArgumentException($"{count} samples of {recordBytes} bytes are too large for an array.", nameof(columns));
        }

        byte[] records = new byte[recordBytes * count];
        int offset = 0;
        foreach ((DatasetColumn column, ReadOnlyMemory<byte> values) in parts)
        {
            int width = column.RecordBytes;
            ReadOnlySpan<byte> source = values.Span;
            for (int i = 0; i < count; i++)
            {
                source.Slice(i * width, width).CopyTo(records.AsSpan((i * recordBytes) + offset));
            }

            offset += width;
        }

        return new Dataset(Array.AsReadOnly(schema), recordBytes, records);
    }

    /// <summary>Creates a set from whole records, which are copied.</summary>
    /// <exception cref="ArgumentException">There is no column or no sample, a name is used twice, or the last record is incomplete.</exception>
    public static Dataset FromRecords(IEnumerable<DatasetColumn> columns, ReadOnlySpan<byte> records) => Adopt([.. columns], records.ToArray());

    /// <summary>The values of all columns of a sample, one after the other.</summary>
    public ReadOnlySpan<byte> Record(int index) => _records.Span.Slice(index * RecordBytes, RecordBytes);

    /// <summary>The value of one column of a sample.</summary>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public ReadOnlySpan<byte> Value(int index, string column)
    {
        int position = Require(column);
        return Record(index).Slice(_offsets[position], Columns[position].RecordBytes);
    }

    /// <summary>The column of a name.</summary>
    /// <exception cref="ArgumentException">There is no such column.</exception>
    public DatasetColumn Column(string name) => Columns[Require(name)];

    /// <summary>The column of a name, if there is one.</summary>
    public bool TryColumn(string name, out DatasetColumn? column)
    {
        int position = IndexOf(name);
        column = position < 0 ? null : Columns[position];
        return column is not null;
    }

    /// <summary>The first samples as a set of their own, or all if there are fewer. Shares the memory.</summary>
    public Dataset Take(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return Slice(0, Math.Min(count, Count));
    }

    /// <summary>All samples but the first ones as a set of their own; at least one must be left. Shares the memory.</summary>
    public Dataset Skip(int count) => Slice(count, Count - count);

    /// <summary>A range of samples as a set of their own. Shares the memory.</summary>
    public Dataset Slice(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Count - first);
        return new Dataset(Columns, RecordBytes, _records.Slice(first * RecordBytes, count * RecordBytes));
    }

    /// <summary>
    /// A column as machine input, one sample a row, <see cref="DatasetColumn.Width"/> columns. The same type is copied; UInt8 becomes Int8
    /// as value / 4 (0 to 63, the int7 view of lane I), and Int32 as it is.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such column, or it has no view of that type.</exception>
    public Tensor ToTensor(string column, TensorType slotType)
    {
        int position = Require(column);
        DatasetColumn schema = Columns[position];
        if (CheckView(schema, slotType) is { IsValid: false } problem)
        {
            throw new ArgumentException(problem.Message, nameof(slotType));
        }

        Tensor tensor = new(slotType, Count, schema.Width);
        Action<ReadOnlySpan<byte>, Span<byte>> convert = (schema.Type == slotType, slotType) switch
        {
            (true, _) => Copy,
            (_, TensorType.Int8) => ToInt7,
            _ => Widen,
        };
        int rowBytes = tensor.Bytes.Length / Count;
        for (int i = 0; i < Count; i++)
        {
            convert(Record(i).Slice(_offsets[position], schema.RecordBytes), tensor.Bytes.Slice(i * rowBytes, rowBytes));
        }

        return tensor;
    }

    /// <summary>The canonical bytes, described in docs/data.md.</summary>
    public byte[] Encode() => DatasetCodec.Encode(this);

    /// <summary>
    /// Decodes the canonical bytes; every field is checked before anything is allocated for it. Compare <see cref="Root"/> with the one
    /// that is expected afterwards.
    /// </summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, DataLimits limits, out Dataset? dataset) =>
        DatasetCodec.TryDecode(bytes, limits, out dataset);

    /// <summary>A set over records that nobody else will write.</summary>
    internal static Dataset Adopt(DatasetColumn[] columns, ReadOnlyMemory<byte> records)
    {
        int recordBytes = CheckSchema(columns);
        return records.Length > 0 && records.Length % recordBytes == 0
            ? new Dataset(Array.AsReadOnly(columns), recordBytes, records)
            : throw new ArgumentException($"{records.Length} bytes are no whole number of records of {recordBytes} bytes.", nameof(records));
    }

    /// <summary>Checks a schema and a number of samples against the limits.</summary>
    internal static ValidationResult CheckSize(IReadOnlyList<DatasetColumn> columns, long count, DataLimits limits)
    {
        if (columns.Count < 1 || columns.Count > limits.MaxColumns)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, "columns", $"A data set has 1 to {limits.MaxColumns} columns, not {columns.Count}.");
        }

        long recordBytes = columns.Sum(column => (long)column.RecordBytes);
        if (recordBytes > limits.MaxRecordBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, "columns", $"A sample has {recordBytes} bytes; the limit is {limits.MaxRecordBytes}.");
        }

        if (count < 1 || count > limits.MaxSamples)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, "count", $"A data set has 1 to {limits.MaxSamples} samples, not {count}.");
        }

        return count * recordBytes <= limits.MaxArrayBytes
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.TooLarge, "count", $"{count} samples of {recordBytes} bytes are more than {limits.MaxArrayBytes} bytes.");
    }

    /// <summary>Says whether a column can be given to a slot of a type.</summary>
    internal ValidationResult CheckView(DatasetColumn column, TensorType slotType)
    {
        bool known = column.Type == slotType || (column.Type == TensorType.UInt8 && slotType is TensorType.Int8 or TensorType.Int32);
        if (!known)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, column.Name, $"Column '{column.Name}' holds {column.Type}, which has no view as {slotType}.");
        }

        long bytes = (long)Count * column.Width * Tensor.ElementSize(slotType);
        return bytes <= Array.MaxLength
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.TooLarge, column.Name, $"Column '{column.Name}' as {slotType} has {bytes} bytes; the limit is {Array.MaxLength}.");
    }

    private static int CheckSchema(DatasetColumn[] columns)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns.Length, byte.MaxValue);
        long bytes = 0;
        foreach (DatasetColumn column in columns)
        {
            bytes += names.Add(column.Name)
                ? column.RecordBytes
                : throw new ArgumentException($"The column name '{column.Name}' is used twice.", nameof(columns));
        }

        return bytes is > 0 and <= int.MaxValue
            ? (int)bytes
            : throw new ArgumentException($"A record has {bytes} bytes; there must be a column, and at most {int.MaxValue} bytes.", nameof(columns));
    }

    private static void Copy(ReadOnlySpan<byte> source, Span<byte> target) => source.CopyTo(target);

    private static void ToInt7(ReadOnlySpan<byte> source, Span<byte> target)
    {
        for (int i = 0; i < source.Length; i++)
        {
            target[i] = (byte)(source[i] >> Int7Shift);
        }
    }

    private static void Widen(ReadOnlySpan<byte> source, Span<byte> target)
    {
        Span<int> integers = MemoryMarshal.Cast<byte, int>(target);
        for (int i = 0; i < source.Length; i++)
        {
            integers[i] = source[i];
        }
    }

    private int Require(string name)
    {
        int position = IndexOf(name);
        return position >= 0
            ? position
            : throw new ArgumentException(
                $"There is no column '{name}'; there are {string.Join(", ", Columns.Select(column => $"'{column.Name}'"))}.", nameof(name));
    }

    private int IndexOf(string name)
    {
        for (int i = 0; i < Columns.Count; i++)
        {
            if (Columns[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }

    private Hash256 ComputeRoot()
    {
        MerkleAccumulator tree = new();
        for (int i = 0; i < Count; i++)
        {
            tree.Add(Record(i));
        }

        return tree.Root();
    }
}
