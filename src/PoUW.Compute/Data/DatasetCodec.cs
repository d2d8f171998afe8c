using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Validation;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.Data;

/// <summary>
/// The canonical bytes of a data set, numbers little-endian: magic "PDST", version (4 bytes), samples (4), columns (1); for every column
/// name length (1), name, type (1), dimensions (1), sizes (4 each); then the records. One set has one encoding.
/// </summary>
internal static class DatasetCodec
{
    private const uint Magic = 0x54534450; // "PDST"
    private const uint Version = 1;
    private const int HeaderBytes = 13;

    public static byte[] Encode(Dataset dataset)
    {
        int header = HeaderBytes + dataset.Columns.Sum(column => 3 + column.Name.Length + (4 * column.Shape.Count));
        byte[] bytes = new byte[header + dataset.Records.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Version);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), dataset.Count);
        bytes[12] = checked((byte)dataset.Columns.Count);
        int position = HeaderBytes;
        foreach (DatasetColumn column in dataset.Columns)
        {
            bytes[position++] = (byte)column.Name.Length;
            position += Encoding.ASCII.GetBytes(column.Name, bytes.AsSpan(position));
            bytes[position++] = (byte)column.Type;
            bytes[position++] = (byte)column.Shape.Count;
            foreach (int size in column.Shape)
            {
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(position), size);
                position += 4;
            }
        }

        dataset.Records.CopyTo(bytes.AsSpan(position));
        return bytes;
    }

    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, DataLimits limits, out Dataset? dataset)
    {
        dataset = null;
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Magic)
        {
            return Bad("magic", "The bytes do not start with the header of a data set.");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (version != Version)
        {
            return ValidationResult.Fail(ValidationCode.WrongVersion, "version", $"Version {version} of data sets is not known; {Version} is.");
        }

        uint count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        int columnCount = bytes[12];
        if (columnCount < 1 || columnCount > limits.MaxColumns)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfRange, "columns", $"A data set has 1 to {limits.MaxColumns} columns, not {columnCount}.");
        }

        ReadOnlySpan<byte> rest = bytes[HeaderBytes..];
        ValidationResult result = ReadColumns(ref rest, columnCount, out DatasetColumn[] columns);
        result = result.IsValid ? Dataset.CheckSize(columns, count, limits) : result;
        if (!result.IsValid)
        {
            return result;
        }

        long expected = count * columns.Sum(column => (long)column.RecordBytes);
        if (rest.Length != expected)
        {
            return Bad("records", $"The header announces {expected} bytes of records, but there are {rest.Length}.");
        }

        dataset = Dataset.Adopt(columns, rest.ToArray());
        return ValidationResult.Ok;
    }

    private static ValidationResult ReadColumns(ref ReadOnlySpan<byte> rest, int count, out DatasetColumn[] columns)
    {
        columns = new DatasetColumn[count];
        for (int i = 0; i < count; i++)
        {
            ValidationResult result = ReadColumn(ref rest, i, out DatasetColumn? column);
            if (!result.IsValid)
            {
                return result;
            }

            columns[i] = column!;
            if (columns.AsSpan(0, i).Contains(column!, NameComparer.Instance))
            {
                return Bad("columns", $"The column name '{column!.Name}' is used twice.");
            }
        }

        return ValidationResult.Ok;
    }

    private static ValidationResult ReadColumn(ref ReadOnlySpan<byte> rest, int index, out DatasetColumn? column)
    {
        column = null;
        int nameLength = rest.IsEmpty ? 0 : rest[0];
        if (rest.Length < nameLength + 3)
        {
            return Bad("columns", $"The header ends within column {index}.");
        }

        string name = Encoding.Latin1.GetString(rest.Slice(1, nameLength));
        TensorType type = (TensorType)rest[nameLength + 1];
        int dimensions = rest[nameLength + 2];
        rest = rest[(nameLength + 3)..];
        if (dimensions > DatasetColumn.MaxDimensions || rest.Length < dimensions * 4)
        {
            return Bad("columns", $"The header ends within column {index}, or it has {dimensions} dimensions.");
        }

        int[] shape = new int[dimensions];
        for (int i = 0; i < dimensions; i++)
        {
            shape[i] = BinaryPrimitives.ReadInt32LittleEndian(rest[(4 * i)..]);
        }

        rest = rest[(4 * dimensions)..];
        if (DatasetColumn.Problem(name, type, shape) is { } problem)
        {
            return Bad("columns", problem);
        }

        column = new DatasetColumn(name, type, shape);
        return ValidationResult.Ok;
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.Malformed, field, message);

    private sealed class NameComparer : IEqualityComparer<DatasetColumn>
    {
        public static NameComparer Instance { get; } = new();

        public bool Equals(DatasetColumn? x, DatasetColumn? y) => x?.Name == y?.Name;

        public int GetHashCode(DatasetColumn column) => column.Name.Length;
    }
}
