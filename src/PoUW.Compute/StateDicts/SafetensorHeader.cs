using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts;

/// <summary>The parsed JSON header of a safetensors file.</summary>
internal sealed class SafetensorHeader
{
    public const string MetadataName = "__metadata__";

    private const int MaxDepth = 4;

    /// <summary>One tensor of the header.</summary>
    public sealed record Entry(string Name, SafetensorType Type, IReadOnlyList<long> Shape, long Begin, long End);

    /// <summary>Tensors in header order.</summary>
    public List<Entry> Entries { get; } = [];

    /// <summary>Text metadata.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public static ValidationResult TryRead(ReadOnlySpan<byte> json, SafetensorLimits limits, out SafetensorHeader? header)
    {
        header = null;
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            return Bad("header", "The header does not start with '{'.");
        }

        SafetensorHeader result = new();
        try
        {
            Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            string? problem = result.ReadObject(ref reader, limits);
            if (problem is not null)
            {
                return Bad("header", problem);
            }

            // Reading on makes the reader complain about anything but white space behind the object.
            reader.Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The reader reports bad JSON, and text that is no valid Unicode, by these exceptions.
            return Bad("header", e.Message);
        }

        header = result;
        return ValidationResult.Ok;
    }

    /// <summary>Checks that the tensors cover the data without holes, overlaps or rest.</summary>
    public ValidationResult CheckRanges(long dataLength)
    {
        long expected = 0;
        foreach (Entry entry in Entries.OrderBy(e => e.Begin).ThenBy(e => e.End))
        {
            if (entry.Begin != expected || entry.End < entry.Begin)
            {
                return Bad(entry.Name, $"The tensor is at [{entry.Begin}, {entry.End}), but the one before ends at {expected}.");
            }

            if (!TryByteLength(entry.Type, entry.Shape, out long bytes) || bytes != entry.End - entry.Begin)
            {
                return Bad(entry.Name, $"The shape does not give the {entry.End - entry.Begin} bytes of the offsets.");
            }

            expected = entry.End;
        }

        return expected == dataLength
            ? ValidationResult.Ok
            : Bad("data", $"The tensors end at {expected}, but there are {dataLength} bytes of data.");
    }

    /// <summary>Bytes of a tensor; false if a dimension is negative or the product does not fit.</summary>
    public static bool TryByteLength(SafetensorType type, IReadOnlyList<long> shape, out long bytes)
    {
        bytes = type.ElementSize();
        if (shape.Contains(0) && shape.All(d => d >= 0))
        {
            bytes = 0;
            return true;
        }

        foreach (long dimension in shape)
        {
            if (dimension < 0 || bytes > long.MaxValue / dimension)
            {
                return false;
            }

            bytes *= dimension;
        }

        return true;
    }

    private string? ReadObject(ref Utf8JsonReader reader, SafetensorLimits limits)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name))
            {
                return $"The name '{name}' is used twice.";
            }

            if (names.Count > limits.MaxTensors)
            {
                return $"There are more than {limits.MaxTensors} tensors.";
            }

            reader.Read();
            string? problem = name == MetadataName ? ReadMetadata(ref reader) : ReadEntry(ref reader, name, limits);
            if (problem is not null)
            {
                return problem;
            }
        }

        return null;
    }

    private string? ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return "The metadata is no object.";
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String || !Metadata.TryAdd(key, reader.GetString()!))
            {
                return $"The metadata '{key}' is no text, or appears twice.";
            }
        }

        return null;
    }

    private string? ReadEntry(ref Utf8JsonReader reader, string name, SafetensorLimits limits)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return $"The entry of '{name}' is no object.";
        }

        string? typeName = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string field = reader.GetString()!;
            reader.Read();
            bool valid = field switch
            {
                "dtype" => typeName is null && reader.TokenType == JsonTokenType.String && (typeName = reader.GetString()) is not null,
                "shape" => shape is null && (shape = ReadNumbers(ref reader, limits.MaxRank)) is not null,
                "data_offsets" => offsets is null && (offsets = ReadNumbers(ref reader, 2)) is { Count: 2 },
                _ => false,
            };
            if (!valid)
            {
                return $"The field '{field}' of '{name}' is unknown, wrong, or appears twice.";
            }
        }

        if (shape is null || offsets is null || !SafetensorTypes.TryParse(typeName, out SafetensorType type))
        {
            return $"The entry of '{name}' is incomplete, or its type '{typeName}' is not supported.";
        }

        Entries.Add(new Entry(name, type, shape, offsets[0], offsets[1]));
        return null;
    }

    /// <summary>An array of non-negative integers, or null if it is anything else.</summary>
    private static List<long>? ReadNumbers(ref Utf8JsonReader reader, int max)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return null;
        }

        List<long> numbers = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            if (numbers.Count == max || !reader.TryGetInt64(out long value) || value < 0)
            {
                return null;
            }

            numbers.Add(value);
        }

        return reader.TokenType == JsonTokenType.EndArray ? numbers : null;
    }

    private static ValidationResult Bad(string field, string message) => ValidationResult.Fail(ValidationCode.Malformed, field, message);
}
