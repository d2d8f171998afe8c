using System.Text.Json;

namespace PoUW.Core.Cryptography.KeyFiles;

/// <summary>Reads the fields of a key file. The first fault is kept; every later read returns a default.</summary>
internal sealed class KeyFileReader
{
    internal KeyFileResult Result { get; private set; } = KeyFileResult.Ok;

    internal bool Failed => !Result.IsOk;

    internal void Fail(KeyFileStatus status, string field, string message)
    {
        if (!Failed)
        {
            Result = new KeyFileResult(status, field, message);
        }
    }

    /// <summary>A member that must be an object; the empty path names the document.</summary>
    internal JsonElement Object(JsonElement parent, string path)
    {
        JsonElement found = Member(parent, path);
        if (!Failed && found.ValueKind != JsonValueKind.Object)
        {
            Fail(KeyFileStatus.Malformed, path, "An object is needed.");
        }

        return found;
    }

    /// <summary>A member that must be text of at most 64 characters.</summary>
    internal string Text(JsonElement parent, string path)
    {
        JsonElement found = Member(parent, path);
        if (!Failed && found.ValueKind == JsonValueKind.String && found.GetString() is { Length: <= 64 } text)
        {
            return text;
        }

        Fail(KeyFileStatus.Malformed, path, "Text of at most 64 characters is needed.");
        return "";
    }

    /// <summary>A member that must be text with one value; another value is not supported.</summary>
    internal void Constant(JsonElement parent, string path, string value)
    {
        string found = Text(parent, path);
        if (!string.Equals(found, value, StringComparison.Ordinal))
        {
            Fail(KeyFileStatus.Unsupported, path, $"Only \"{value}\" is supported.");
        }
    }

    /// <summary>A member that must be an integer of at least 1.</summary>
    internal int Number(JsonElement parent, string path)
    {
        JsonElement found = Member(parent, path);
        if (!Failed && found.ValueKind == JsonValueKind.Number && found.TryGetInt32(out int number) && number >= 1)
        {
            return number;
        }

        Fail(KeyFileStatus.Malformed, path, $"An integer from 1 to {int.MaxValue} is needed.");
        return 1;
    }

    /// <summary>A member that must be so many bytes in hexadecimal digits.</summary>
    internal byte[] Bytes(JsonElement parent, string path, int min, int max)
    {
        JsonElement found = Member(parent, path);
        if (!Failed && found.ValueKind == JsonValueKind.String && IsHex(found.GetString()!, min, max))
        {
            return Convert.FromHexString(found.GetString()!);
        }

        Fail(KeyFileStatus.Malformed, path, min == max ? $"{min} bytes in hexadecimal digits are needed." : $"{min} to {max} bytes in hexadecimal digits are needed.");
        return [];
    }

    private static bool IsHex(string text, int min, int max) =>
        text.Length % 2 == 0 && text.Length >= min * 2 && text.Length <= max * 2 && text.All(char.IsAsciiHexDigit);

    private JsonElement Member(JsonElement parent, string path)
    {
        string name = path[(path.LastIndexOf('.') + 1)..];
        if (Failed || parent.ValueKind != JsonValueKind.Object || !parent.TryGetProperty(name, out JsonElement found))
        {
            Fail(KeyFileStatus.Malformed, path, "The field is missing.");
            return default;
        }

        return found;
    }
}
