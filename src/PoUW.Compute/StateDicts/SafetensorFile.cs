using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts;

/// <summary>
/// A safetensors file: header length (8 bytes little-endian), JSON header, data. Equal content gives equal bytes: tensors are sorted by
/// type descending, then name, as the reference writer does. Immutable.
/// </summary>
public sealed class SafetensorFile
{
    private const int LengthBytes = 8;

    /// <summary>Creates a file from tensors and text metadata.</summary>
    /// <exception cref="ArgumentException">Two tensors share a name, a name is reserved, or data does not fit its shape.</exception>
    public SafetensorFile(IEnumerable<SafetensorEntry> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        Tensors = [.. tensors.OrderByDescending(t => t.Type).ThenBy(t => t.Name, StringComparer.Ordinal)];
        Metadata = new SortedDictionary<string, string>(metadata.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
        HashSet<string> names = new(StringComparer.Ordinal) { SafetensorHeader.MetadataName };
        foreach (SafetensorEntry tensor in Tensors)
        {
            if (!names.Add(tensor.Name))
            {
                throw new ArgumentException($"The name '{tensor.Name}' is used twice or reserved.", nameof(tensors));
            }

            if (!SafetensorHeader.TryByteLength(tensor.Type, tensor.Shape, out long bytes) || bytes != tensor.Data.Length)
            {
                throw new ArgumentException($"The data of '{tensor.Name}' does not fit its shape.", nameof(tensors));
            }
        }
    }

    /// <summary>The tensors in file order.</summary>
    public IReadOnlyList<SafetensorEntry> Tensors { get; }

    /// <summary>Text metadata, sorted by key.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensor of a name, or null.</summary>
    public SafetensorEntry? Find(string name) => Tensors.FirstOrDefault(t => t.Name == name);

    /// <summary>The bytes of the file.</summary>
    public byte[] Encode()
    {
        ArrayBufferWriter<byte> header = new();
        WriteHeader(header);
        int padded = (header.WrittenCount + LengthBytes - 1) / LengthBytes * LengthBytes;
        byte[] bytes = new byte[LengthBytes + padded + Tensors.Sum(t => (long)t.Data.Length)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, padded);
        header.WrittenSpan.CopyTo(bytes.AsSpan(LengthBytes));
        bytes.AsSpan(LengthBytes + header.WrittenCount, padded - header.WrittenCount).Fill((byte)' ');
        int offset = LengthBytes + padded;
        foreach (SafetensorEntry tensor in Tensors)
        {
            tensor.Data.Span.CopyTo(bytes.AsSpan(offset));
            offset += tensor.Data.Length;
        }

        return bytes;
    }

    /// <summary>Reads a file; the whole header is checked before any tensor is copied.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, SafetensorLimits limits, out SafetensorFile? file)
    {
        file = null;
        if (bytes.Length < LengthBytes)
        {
            return Bad("header", "The file is shorter than the header length.");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        if (length > (ulong)limits.MaxHeaderBytes || length > (ulong)(bytes.Length - LengthBytes))
        {
            return Bad("header", $"The header length {length} is beyond the limit or the file.");
        }

        ReadOnlySpan<byte> json = bytes.Slice(LengthBytes, (int)length);
        ValidationResult result = SafetensorHeader.TryRead(json, limits, out SafetensorHeader? header);
        if (!result.IsValid)
        {
            return result;
        }

        ReadOnlySpan<byte> data = bytes[(LengthBytes + (int)length)..];
        result = header!.CheckRanges(data.Length);
        if (!result.IsValid)
        {
            return result;
        }

        List<SafetensorEntry> tensors = [];
        foreach (SafetensorHeader.Entry entry in header.Entries)
        {
            byte[] content = data[(int)entry.Begin..(int)entry.End].ToArray();
            tensors.Add(new SafetensorEntry(entry.Name, entry.Type, entry.Shape, content));
        }

        file = new SafetensorFile(tensors, header.Metadata);
        return ValidationResult.Ok;
    }

    private void WriteHeader(ArrayBufferWriter<byte> output)
    {
        using Utf8JsonWriter writer = new(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        if (Metadata.Count > 0)
        {
            writer.WriteStartObject(SafetensorHeader.MetadataName);
            foreach ((string key, string value) in Metadata)
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        long offset = 0;
        foreach (SafetensorEntry tensor in Tensors)
        {
            writer.WriteStartObject(tensor.Name);
            writer.WriteString("dtype", tensor.Type.ToName());
            WriteNumbers(writer, "shape", tensor.Shape);
            WriteNumbers(writer, "data_offsets", [offset, offset + tensor.Data.Length]);
            writer.WriteEndObject();
            offset += tensor.Data.Length;
        }

        writer.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter writer, string name, IReadOnlyList<long> numbers)
    {
        writer.WriteStartArray(name);
        foreach (long number in numbers)
        {
            writer.WriteNumberValue(number);
        }

        writer.WriteEndArray();
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.Malformed, field, message);
}
