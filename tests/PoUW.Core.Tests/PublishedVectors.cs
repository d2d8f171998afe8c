using System.Text.Json;

namespace PoUW.Core.Tests;

/// <summary>Reads the vectors of other projects from tests/vectors: an object with a description, the source, and an array of vectors.</summary>
internal static class PublishedVectors
{
    internal static string PathOf(params string[] parts)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests", "vectors")))
        {
            folder = folder.Parent;
        }

        Assert.That(folder, Is.Not.Null, "The folder tests/vectors was not found above the test output.");
        return Path.Combine([folder!.FullName, "tests", "vectors", .. parts]);
    }

    internal static IReadOnlyList<JsonElement> Read(params string[] parts) =>
        [.. JsonDocument.Parse(File.ReadAllText(PathOf(parts))).RootElement.GetProperty("vectors").EnumerateArray()];

    /// <summary>The bytes of a property; 0x in front is optional.</summary>
    internal static byte[] Bytes(JsonElement vector, string property) => Bytes(vector.GetProperty(property));

    internal static byte[] Bytes(JsonElement text)
    {
        string digits = text.GetString()!;
        return Convert.FromHexString(digits.StartsWith("0x", StringComparison.Ordinal) ? digits[2..] : digits);
    }
}
