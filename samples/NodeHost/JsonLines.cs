using System.Text.Json;

namespace NodeHost;

/// <summary>Writes records as one line of JSON, with names in camel case.</summary>
internal static class JsonLines
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    public static string Write<T>(T record) => JsonSerializer.Serialize(record, Options);
}
