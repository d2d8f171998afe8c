using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.Safetensors;

/// <summary>The parsed JSON header of a safetensors file.</summary>
internal sealed class SafetensorHeader
{
    public const string MetadataName = "__metadata__";

    private const int MaxDepth = 4;

    /// <summary>What a name costs beside its text, and a tensor beside its shape: objects and places in tables that grow by doubling.</summary>
    private const int NameBytes = 160;
    private const int EntryBytes = 256;

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly SafetensorLimits _limits;
    private readonly AllocationBudget _budget;

    private SafetensorHeader(SafetensorLimits limits, AllocationBudget budget) => (_limits, _budget) = (limits, budget);

    /// <summary>One tensor of the header.</summary>
    public sealed record Entry(string Name, StateTensorType Type, long[] Shape, long Begin, long End);

    /// <summary>Tensors in header order.</summary>
    public List<Entry> Entries { get; } = [];

    /// <summary>Text metadata.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    public static ValidationResult TryRead(ReadOnlySpan<byte> json, SafetensorLimits limits, AllocationBudget budget, out SafetensorHeader? header)
    {
        header = null;
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            return Bad("header", "The header does not start with '{'.");
        }

        SafetensorHeader result = new(limits, budget);
        try
        {
            Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = MaxDepth });
            reader.Read();
            string? problem = result.ReadObject(ref reader);
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

            if (!StateTensorTypes.TryByteLength(entry.Type, entry.Shape, out long bytes) || bytes != entry.End - entry.Begin)
            {
                return Bad(entry.Name, $"The shape does not give the {entry.End - entry.Begin} bytes of the offsets.");
            }

            expected = entry.End;
        }

        return expected == dataLength
            ? ValidationResult.Ok
            : Bad("data", $"The tensors end at {expected}, but there are {dataLength} bytes of data.");
    }

    /// <summary>A failure; a tensor without a name is part of the header.</summary>
    public static ValidationResult Bad(string field, string message) =>
        ValidationResult.Fail(ValidationCode.Malformed, field.Length == 0 ? "header" : Shorten(field), message);

    private string? ReadObject(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!TryTakeText(ref reader, NameBytes))
            {
                return "The names need more memory than a file of this size may use.";
            }

            string name = reader.GetString()!;
            if (!_names.Add(name))
            {
                return $"The name '{Shorten(name)}' is used twice.";
            }

            if (_names.Count > _limits.MaxTensors)
            {
                return $"There are more than {_limits.MaxTensors} tensors.";
            }

            reader.Read();
            string? problem = name == MetadataName ? ReadMetadata(ref reader) : ReadEntry(ref reader, name);
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
            string? key = TryTakeText(ref reader, NameBytes) ? reader.GetString()! : null;
            if (!reader.Read() || reader.TokenType != JsonTokenType.String)
            {
                return "The metadata holds something that is no text.";
            }

            if (key is null || !TryTakeText(ref reader, AllocationBudget.ObjectBytes))
            {
                return "The metadata needs more memory than a file of this size may use.";
            }

            if (!Metadata.TryAdd(key, reader.GetString()!))
            {
                return $"The metadata '{Shorten(key)}' appears twice.";
            }
        }

        return null;
    }

    private string? ReadEntry(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return $"The entry of '{Shorten(name)}' is no object.";
        }

        if (!_budget.TryTake(EntryBytes + (_limits.MaxRank * sizeof(long))))
        {
            return $"The entry of '{Shorten(name)}' needs more memory than a file of this size may use.";
        }

        StateTensorType? type = null;
        long[]? shape = null;
        long[]? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool valid = reader.ValueTextEquals("dtype") ? type is null && reader.Read() && TryReadType(ref reader, out type)
                : reader.ValueTextEquals("shape") ? shape is null && reader.Read() && TryReadNumbers(ref reader, _limits.MaxRank, out shape)
                : reader.ValueTextEquals("data_offsets") && offsets is null && reader.Read() && TryReadNumbers(ref reader, 2, out offsets)
                    && offsets.Length == 2;
            if (!valid)
            {
                return $"A field of '{Shorten(name)}' is unknown, wrong, not supported, or appears twice.";
            }
        }

        if (shape is null || offsets is null || type is null)
        {
            return $"The entry of '{Shorten(name)}' is incomplete.";
        }

        Entries.Add(new Entry(name, type.Value, shape, offsets[0], offsets[1]));
        return null;
    }

    private static bool TryReadType(ref Utf8JsonReader reader, out StateTensorType? type)
    {
        type = null;
        for (StateTensorType candidate = 0; reader.TokenType == JsonTokenType.String && Enum.IsDefined(candidate); candidate++)
        {
            type = reader.ValueTextEquals(candidate.ToName()) ? candidate : type;
        }

        return type is not null;
    }

    /// <summary>An array of non-negative integers.</summary>
    private static bool TryReadNumbers(ref Utf8JsonReader reader, int max, out long[] numbers)
    {
        numbers = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        // A first pass with a copy of the reader counts, so that the array is allocated once.
        Utf8JsonReader ahead = reader;
        int count = 0;
        while (ahead.Read() && ahead.TokenType == JsonTokenType.Number)
        {
            if (++count > max)
            {
                return false;
            }
        }

        numbers = count == 0 ? [] : new long[count];
        for (int i = 0; i < count; i++)
        {
            reader.Read();
            if (!reader.TryGetInt64(out numbers[i]) || numbers[i] < 0)
            {
                return false;
            }
        }

        reader.Read();
        return reader.TokenType == JsonTokenType.EndArray;
    }

    /// <summary>Takes the bytes of the current text before it is read. Escaped text goes through a buffer of up to twice its size.</summary>
    private bool TryTakeText(ref Utf8JsonReader reader, int extra) =>
        _budget.TryTakeText(reader.ValueSpan.Length) && _budget.TryTake(extra + (reader.ValueIsEscaped ? 4L * reader.ValueSpan.Length : 0));

    private static string Shorten(string name) => name.Length <= 64 ? name : string.Concat(name.AsSpan(0, 64), "...");
}
