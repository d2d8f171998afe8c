using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Compute.StateDicts.Safetensors;

/// <summary>
/// A model in several safetensors files, with an index such as model.safetensors.index.json that maps each name to the file that holds it.
/// </summary>
public static class SafetensorShards
{
    private const string Map = "weight_map";
    private const int MaxNameLength = 255;

    /// <summary>
    /// Reads the index and the files that it names, which must lie in its folder: a name with a path is refused. The tensors are in
    /// the order of the index; those that it does not name are left out.
    /// </summary>
    public static ValidationResult TryRead(string indexPath, SafetensorLimits limits, out StateDict? tensors)
    {
        tensors = null;
        ValidationResult result = StateFiles.TryRead(indexPath, limits.MaxIndexBytes, out ReadOnlyMemory<byte> json);
        List<(string Name, string File)> places = [];
        result = result.IsValid ? TryReadIndex(json, limits, places) : result;
        string folder = Path.GetDirectoryName(Path.GetFullPath(indexPath))!;
        Dictionary<string, StateDict> shards = new(StringComparer.Ordinal);
        OrderedDictionary<string, StateTensor> found = [];
        foreach ((string name, string file) in places)
        {
            if (result.IsValid && !shards.ContainsKey(file))
            {
                result = TryReadShard(folder, file, limits, shards);
            }

            if (!result.IsValid)
            {
                return result;
            }

            if (!shards[file].TryGet(name, out StateTensor? tensor))
            {
                return SafetensorHeader.Bad(name, $"The index says that the tensor is in '{file}', but it is not.");
            }

            found.Add(name, tensor);
        }

        tensors = result.IsValid ? new StateDict(found) : null;
        return result;
    }

    private static ValidationResult TryReadShard(string folder, string file, SafetensorLimits limits, Dictionary<string, StateDict> shards)
    {
        if (shards.Count == limits.MaxShards)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, Map, $"There are more than {limits.MaxShards} files.");
        }

        ValidationResult result = SafetensorFile.TryReadFile(Path.Combine(folder, file), limits, out SafetensorFile? shard);
        if (!result.IsValid)
        {
            return result with { Message = $"{file}: {result.Message}" };
        }

        shards.Add(file, shard!.Tensors);
        return result;
    }

    private static ValidationResult TryReadIndex(ReadOnlyMemory<byte> json, SafetensorLimits limits, List<(string Name, string File)> places)
    {
        try
        {
            JsonDocumentOptions options = new() { MaxDepth = 8, AllowDuplicateProperties = false };
            using JsonDocument document = JsonDocument.Parse(json, options);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(Map, out JsonElement map)
                || map.ValueKind != JsonValueKind.Object)
            {
                return SafetensorHeader.Bad(Map, "The index has no object of this name.");
            }

            foreach (JsonProperty place in map.EnumerateObject())
            {
                string? file = place.Value.ValueKind == JsonValueKind.String ? place.Value.GetString() : null;
                if (places.Count == limits.MaxTensors || !IsPlainName(file))
                {
                    return SafetensorHeader.Bad(Map, $"'{place.Name}' is one too many, or its file is no plain name: '{file}'.");
                }

                places.Add((place.Name, file!));
            }

            return ValidationResult.Ok;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The parser reports bad JSON, and text that is no valid Unicode, by these exceptions.
            return SafetensorHeader.Bad("index", e.Message);
        }
    }

    /// <summary>A name that stays in its folder on every system: letters, digits, '.', '-' and '_', not starting with a dot.</summary>
    private static bool IsPlainName(string? name) =>
        name is { Length: > 0 and <= MaxNameLength } && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
