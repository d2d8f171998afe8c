using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>Strict reading of JSON values that people wrote: every refusal carries the path of the value and what is allowed there.</summary>
internal static class JsonInput
{
    private const int MaxQuoted = 48;

    /// <summary>A value of the wrong type or form.</summary>
    internal static ValidationResult Wrong(string path, JsonElement found, string allowed) =>
        ValidationResult.Fail(ValidationCode.Malformed, path, $"Found {Describe(found)}; allowed is {allowed}.");

    /// <summary>The members of an object, each known and given once.</summary>
    /// <param name="element">The value that must be an object.</param>
    /// <param name="path">Its path; empty for the document.</param>
    /// <param name="known">The names that are allowed.</param>
    /// <param name="members">The members that are there.</param>
    internal static ValidationResult ReadMembers(
        JsonElement element, string path, IReadOnlyList<string> known, out Dictionary<string, JsonElement> members)
    {
        members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        string names = string.Join(", ", known);
        if (element.ValueKind != JsonValueKind.Object)
        {
            return Wrong(path.Length == 0 ? "$" : path, element, $"an object with the fields {names}");
        }

        foreach (JsonProperty member in element.EnumerateObject())
        {
            if (NameOf(member) is not { } name || !known.Contains(name, StringComparer.Ordinal))
            {
                string unknown = Join(path, Quote(NameOf(member) ?? "?"));
                return ValidationResult.Fail(ValidationCode.Malformed, unknown, $"Unknown field; allowed are {names}.");
            }

            if (!members.TryAdd(name, member.Value))
            {
                return ValidationResult.Fail(ValidationCode.Malformed, Join(path, name), "The field appears twice; allowed is once.");
            }
        }

        return ValidationResult.Ok;
    }

    /// <summary>The result for a field that is not there.</summary>
    internal static ValidationResult Missing(string path) =>
        ValidationResult.Fail(ValidationCode.Malformed, path, "The field is missing; it has no default here.");

    /// <summary>Text of a string value.</summary>
    /// <returns>False if it is no string, or holds half a surrogate pair.</returns>
    internal static bool TryText(JsonElement element, out string text)
    {
        text = "";
        if (element.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        try
        {
            text = element.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            // The only way in which the library reports half a surrogate pair (an escape such as \ud800 alone).
            return false;
        }
    }

    /// <summary>The path of a member.</summary>
    internal static string Join(string path, string name) => path.Length == 0 ? name : $"{path}.{name}";

    private static string? NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            // As in TryText: half a surrogate pair.
            return null;
        }
    }

    private static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Number => Quote(element.GetRawText()),
        JsonValueKind.String => TryText(element, out string text) ? $"\"{Quote(text)}\"" : "text that is not Unicode",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.True or JsonValueKind.False => "a truth value",
        _ => "null",
    };

    // Text from the document goes to terminals and logs, so it is short and holds no control characters.
    private static string Quote(string text)
    {
        string printable = string.Concat(text.Take(MaxQuoted).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c));
        return text.Length > MaxQuoted ? printable + "..." : printable;
    }
}
