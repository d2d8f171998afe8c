using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.Safetensors;

/// <summary>
/// A safetensors file: header length (8 bytes little-endian), JSON header, data. Equal content gives equal bytes, in whatever order it
/// was given: tensors are written by type descending, then name, as the reference writer does. Immutable.
/// </summary>
public sealed class SafetensorFile
{
    private const int LengthBytes = 8;

    /// <summary>Creates a file from tensors and text metadata.</summary>
    /// <exception cref="ArgumentException">A name is reserved.</exception>
    public SafetensorFile(StateDict tensors, IReadOnlyDictionary<string, string> metadata)
    {
        if (tensors.Contains(SafetensorHeader.MetadataName))
        {
            throw new ArgumentException($"The name '{SafetensorHeader.MetadataName}' is reserved.", nameof(tensors));
        }

        Tensors = tensors;
        Metadata = new SortedDictionary<string, string>(metadata.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
    }

    private SafetensorFile(SafetensorHeader header, StateDict tensors) => (Tensors, Metadata) = (tensors, header.Metadata);

    /// <summary>The tensors: in the given order, or in that of the header.</summary>
    public StateDict Tensors { get; }

    /// <summary>Text metadata.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The bytes of the file.</summary>
    public byte[] Encode()
    {
        using MemoryStream stream = new();
        Encode(stream);
        return stream.ToArray();
    }

    /// <summary>Writes the bytes of the file.</summary>
    public void Encode(Stream output)
    {
        KeyValuePair<string, StateTensor>[] tensors =
            [.. Tensors.OrderByDescending(t => t.Value.Type).ThenBy(t => t.Key, StringComparer.Ordinal)];
        ArrayBufferWriter<byte> header = new();
        header.Write(stackalloc byte[LengthBytes]);
        WriteHeader(header, tensors);
        header.Write("       "u8[..((LengthBytes - (header.WrittenCount % LengthBytes)) % LengthBytes)]);
        byte[] bytes = header.WrittenSpan.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(bytes, bytes.Length - LengthBytes);
        output.Write(bytes);
        foreach ((_, StateTensor tensor) in tensors)
        {
            output.Write(tensor.Data.Span);
        }
    }

    /// <summary>Writes the file. It is complete or absent: it is written beside its place and moved there.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void WriteFile(string path) => StateFiles.Write(path, Encode);

    /// <summary>Reads a file from disk; see <see cref="TryDecode"/>.</summary>
    public static ValidationResult TryReadFile(string path, SafetensorLimits limits, out SafetensorFile? file)
    {
        file = null;
        ValidationResult result = StateFiles.TryRead(path, limits.MaxFileBytes, out ReadOnlyMemory<byte> bytes);
        return result.IsValid ? TryDecode(bytes, limits, out file) : result;
    }

    /// <summary>Reads a file; the whole header is checked first. The tensors are parts of the given memory, which must not change.</summary>
    public static ValidationResult TryDecode(ReadOnlyMemory<byte> bytes, SafetensorLimits limits, out SafetensorFile? file)
    {
        file = null;
        if (bytes.Length < LengthBytes)
        {
            return SafetensorHeader.Bad("header", "The file is shorter than the header length.");
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span);
        if (length > (ulong)limits.MaxHeaderBytes || length > (ulong)(bytes.Length - LengthBytes))
        {
            return SafetensorHeader.Bad("header", $"The header length {length} is beyond the limit or the file.");
        }

        AllocationBudget budget = new(bytes.Length, limits.AllocationFactor, limits.AllocationSlackBytes);
        ReadOnlySpan<byte> json = bytes.Span.Slice(LengthBytes, (int)length);
        ValidationResult result = SafetensorHeader.TryRead(json, limits, budget, out SafetensorHeader? header);
        ReadOnlyMemory<byte> data = bytes[(LengthBytes + (int)length)..];
        result = result.IsValid ? header!.CheckRanges(data.Length) : result;
        if (!result.IsValid)
        {
            return result;
        }

        OrderedDictionary<string, StateTensor> tensors = new(header!.Entries.Count);
        foreach (SafetensorHeader.Entry entry in header.Entries)
        {
            tensors.Add(entry.Name, new StateTensor(entry.Type, entry.Shape, data[(int)entry.Begin..(int)entry.End]));
        }

        file = new SafetensorFile(header, new StateDict(tensors));
        return ValidationResult.Ok;
    }

    private void WriteHeader(ArrayBufferWriter<byte> output, KeyValuePair<string, StateTensor>[] tensors)
    {
        using Utf8JsonWriter writer = new(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        writer.WriteStartObject();
        if (Metadata.Count > 0)
        {
            writer.WriteStartObject(SafetensorHeader.MetadataName);
            foreach ((string key, string value) in Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            {
                writer.WriteString(key, value);
            }

            writer.WriteEndObject();
        }

        long offset = 0;
        foreach ((string name, StateTensor tensor) in tensors)
        {
            writer.WriteStartObject(name);
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
}
