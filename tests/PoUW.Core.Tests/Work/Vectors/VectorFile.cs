using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Primitives;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>
/// Reads and writes the files: a description and an array of vectors, one property a line. Hashes and bytes are lower-case hexadecimal,
/// 64-bit numbers decimal strings, state words and compact targets eight hexadecimal digits.
/// </summary>
internal static class VectorFile
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Folder()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests", "vectors")))
        {
            folder = folder.Parent;
        }

        Assert.That(folder, Is.Not.Null, "The folder tests/vectors was not found above the test output.");
        return Path.Combine(folder!.FullName, "tests", "vectors", "tile-work");
    }

    public static string PathOf(string file) => Path.Combine(Folder(), file + ".json");

    public static IReadOnlyList<JsonElement> Read(string file) =>
        [.. JsonDocument.Parse(File.ReadAllText(PathOf(file))).RootElement.GetProperty("vectors").EnumerateArray()];

    public static string Text(VectorTopic topic)
    {
        StringBuilder text = new();
        text.Append("{\n  \"description\": ").Append(JsonSerializer.Serialize(topic.Description, Json)).Append(",\n  \"vectors\": [");
        string separator = "\n";
        foreach (JsonObject vector in topic.Create())
        {
            IEnumerable<string> lines = vector.Select(p => $"      {JsonSerializer.Serialize(p.Key, Json)}: {p.Value?.ToJsonString(Json) ?? "null"}");
            text.Append(separator).Append("    {\n").AppendJoin(",\n", lines).Append("\n    }");
            separator = ",\n";
        }

        return text.Append("\n  ]\n}\n").ToString();
    }

    public static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

    public static string Hex(ReadOnlySpan<sbyte> numbers) => Hex(System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers));

    public static string Decimal(ulong number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Word(uint word) => word.ToString("x8", CultureInfo.InvariantCulture);

    public static JsonArray Words(IEnumerable<uint> words) => [.. words.Select(w => JsonValue.Create(Word(w)))];

    public static JsonArray Numbers(IEnumerable<int> numbers) => [.. numbers.Select(n => JsonValue.Create(n))];

    public static string Text(JsonElement v, string name) => v.GetProperty(name).GetString()!;

    public static byte[] Bytes(JsonElement v, string name) => Convert.FromHexString(Text(v, name));

    public static sbyte[] Signed(JsonElement v, string name) => [.. Bytes(v, name).Select(x => unchecked((sbyte)x))];

    public static Hash256 Hash(JsonElement v, string name) => new(Bytes(v, name));

    public static ulong Number(JsonElement v, string name) => ulong.Parse(Text(v, name), CultureInfo.InvariantCulture);

    public static int Int(JsonElement v, string name) => v.GetProperty(name).GetInt32();

    public static uint Word(string text) => uint.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    public static uint[] Words(JsonElement v, string name) => [.. v.GetProperty(name).EnumerateArray().Select(x => Word(x.GetString()!))];

    public static int[] Ints(JsonElement v, string name) => [.. v.GetProperty(name).EnumerateArray().Select(x => x.GetInt32())];

    public static void Same<T>(T actual, T expected, JsonElement v, string what) =>
        Assert.That(actual, Is.EqualTo(expected), $"{v.GetProperty("name").GetString()}: {what}");
}
