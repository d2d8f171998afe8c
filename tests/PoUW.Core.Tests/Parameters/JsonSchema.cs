using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace PoUW.Core.Tests.Parameters;

/// <summary>
/// Checks a value against the keywords of JSON Schema 2020-12 that pouw.schema.json uses. A keyword that it does not know is an error, so
/// that the schema cannot say more than is checked.
/// </summary>
internal sealed class JsonSchema(JsonElement root)
{
    internal static JsonSchema Load() => new(JsonElement.Parse(File.ReadAllText(Path.Combine(RepositoryRoot(), "pouw.schema.json"))));

    internal static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "pouw.schema.json")))
        {
            folder = folder.Parent;
        }

        Assert.That(folder, Is.Not.Null, "pouw.schema.json was not found above the test output.");
        return folder!.FullName;
    }

    internal JsonElement Root => root;

    internal JsonElement Properties => root.GetProperty("properties");

    /// <summary>The first constraint that the value breaks, or null.</summary>
    internal string? FirstError(JsonElement value) => FirstError(root, value, "$");

    private string? FirstError(JsonElement schema, JsonElement value, string path)
    {
        foreach (JsonProperty keyword in schema.EnumerateObject())
        {
            string? error = keyword.Name switch
            {
                "$schema" or "$defs" or "title" or "description" => null,
                "additionalProperties" => Unknown(schema, value, path),
                "properties" => FirstOf(keyword.Value.EnumerateObject(), rule =>
                    value.ValueKind == JsonValueKind.Object && value.TryGetProperty(rule.Name, out JsonElement member)
                        ? FirstError(rule.Value, member, $"{path}.{rule.Name}")
                        : null),
                "items" => value.ValueKind != JsonValueKind.Array
                    ? null
                    : FirstOf(value.EnumerateArray().Index(), item => FirstError(keyword.Value, item.Item, $"{path}[{item.Index}]")),
                "anyOf" => keyword.Value.EnumerateArray().Any(choice => FirstError(choice, value, path) is null) ? null : $"{path}: anyOf",
                "$ref" => FirstError(root.GetProperty("$defs").GetProperty(keyword.Value.GetString()!["#/$defs/".Length..]), value, path),
                _ => Holds(keyword, value) ? null : $"{path}: {keyword.Name}",
            };
            if (error is not null)
            {
                return error;
            }
        }

        return null;
    }

    private static bool Holds(JsonProperty keyword, JsonElement value) => keyword.Name switch
    {
        "type" => TypeMatches(keyword.Value.GetString()!, value),
        "required" => value.ValueKind != JsonValueKind.Object
            || keyword.Value.EnumerateArray().All(name => value.TryGetProperty(name.GetString()!, out _)),
        "enum" => keyword.Value.EnumerateArray().Any(choice => JsonElement.DeepEquals(choice, value)),
        "minimum" => value.ValueKind != JsonValueKind.Number || Number(value) >= Number(keyword.Value),
        "maximum" => value.ValueKind != JsonValueKind.Number || Number(value) <= Number(keyword.Value),
        "minLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() >= keyword.Value.GetInt32(),
        "maxLength" => value.ValueKind != JsonValueKind.String || value.GetString()!.EnumerateRunes().Count() <= keyword.Value.GetInt32(),
        "pattern" => value.ValueKind != JsonValueKind.String
            || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!, RegexOptions.ECMAScript),
        "minItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() >= keyword.Value.GetInt32(),
        "maxItems" => value.ValueKind != JsonValueKind.Array || value.GetArrayLength() <= keyword.Value.GetInt32(),
        "uniqueItems" => value.ValueKind != JsonValueKind.Array
            || value.EnumerateArray().Select(item => item.GetRawText()).Distinct().Count() == value.GetArrayLength(),
        _ => throw new NotSupportedException($"Teach this checker the keyword {keyword.Name}."),
    };

    private static bool TypeMatches(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "integer" => value.ValueKind == JsonValueKind.Number && BigInteger.TryParse(
            value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        _ => throw new NotSupportedException($"Teach this checker the type {type}."),
    };

    private static string? Unknown(JsonElement schema, JsonElement value, string path)
    {
        if (schema.GetProperty("additionalProperties").ValueKind != JsonValueKind.False)
        {
            throw new NotSupportedException("Only additionalProperties: false is known.");
        }

        JsonElement known = schema.GetProperty("properties");
        return value.ValueKind != JsonValueKind.Object
            ? null
            : FirstOf(value.EnumerateObject(), member => known.TryGetProperty(member.Name, out _) ? null : $"{path}.{member.Name}: unknown");
    }

    private static string? FirstOf<T>(IEnumerable<T> items, Func<T, string?> check) =>
        items.Select(check).FirstOrDefault(error => error is not null);

    // A fraction is an error of type, which is reported by that keyword.
    private static BigInteger Number(JsonElement value) =>
        BigInteger.TryParse(value.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger number) ? number : 0;
}
