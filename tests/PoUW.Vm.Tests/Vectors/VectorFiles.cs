using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace PoUW.Vm.Tests.Vectors;

/// <summary>The files under tests/vectors/vm: a JSON array each, one property of a vector a line.</summary>
internal static class VectorFiles
{
    /// <summary>Names as in C#, with a small first letter; nulls are left out.</summary>
    public static JsonSerializerOptions Json { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static string PathOf(string file) => Path.Combine(Folder(), file + ".json");

    public static IEnumerable<string> Names() => Directory.EnumerateFiles(Folder(), "*.json")
        .Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal);

    public static VmVector[] Read(string file) => JsonSerializer.Deserialize<VmVector[]>(File.ReadAllText(PathOf(file)), Json)!;

    public static string Write(IEnumerable<VmVector> vectors)
    {
        StringBuilder text = new("[");
        string separator = "\n";
        foreach (VmVector vector in vectors)
        {
            using JsonDocument document = JsonSerializer.SerializeToDocument(vector, Json);
            IEnumerable<string> lines = document.RootElement.EnumerateObject()
                .Select(property => $"    \"{property.Name}\": {JsonSerializer.Serialize(property.Value, Json)}");
            text.Append(separator).Append("  {\n").AppendJoin(",\n", lines).Append("\n  }");
            separator = ",\n";
        }

        return text.Append("\n]\n").ToString();
    }

    private static string Folder()
    {
        DirectoryInfo? folder = new(TestContext.CurrentContext.TestDirectory);
        while (folder is not null && !Directory.Exists(Path.Combine(folder.FullName, "tests", "vectors")))
        {
            folder = folder.Parent;
        }

        string path = Path.Combine(folder?.FullName ?? throw new DirectoryNotFoundException("tests/vectors"), "tests", "vectors", "vm");
        Directory.CreateDirectory(path);
        return path;
    }
}
