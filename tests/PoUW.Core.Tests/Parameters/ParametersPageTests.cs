using System.Text;
using System.Text.Json;
using PoUW.Core.Parameters;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Parameters;

/// <summary>docs/parameters.md says what the code does.</summary>
public sealed class ParametersPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(JsonSchema.RepositoryRoot(), "docs", "parameters.md"));

    [Test]
    public void The_table_lists_every_field_with_the_values_of_the_presets()
    {
        JsonElement[] presets = [.. ParameterSamples.Presets.Select(preset => JsonElement.Parse(NetworkParametersJson.Write(preset)))];
        string[][] rows = [.. Page.Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(Cells)];

        Assert.That(rows.Select(row => row[0]), Is.EqualTo(presets[0].EnumerateObject().Select(field => field.Name)));
        foreach (string[] row in rows)
        {
            string[] written = [.. row[^3..].Select(cell => cell == "=" ? row[^3] : cell)];
            Assert.That(written, Is.EqualTo(presets.Select(preset => Text(preset.GetProperty(row[0])))), row[0]);
        }
    }

    [Test]
    public void The_example_is_valid()
    {
        ValidationResult result = NetworkParametersJson.TryParse(Encoding.UTF8.GetBytes(Block("json")), out NetworkParameters? parameters);

        Assert.That(result.ToString(), Is.EqualTo("Ok"));
        Assert.That(parameters!.Name, Is.EqualTo("harbour"));
    }

    [Test]
    public void The_error_of_the_page_is_the_one_that_the_parser_gives()
    {
        string json = Block("json").Replace("\"12.5\"", "\"12.5.0\"", StringComparison.Ordinal);

        ValidationResult result = NetworkParametersJson.TryParse(Encoding.UTF8.GetBytes(json), out _);

        Assert.That(result.ToString(), Is.EqualTo(Block("text")));
    }

    private static string[] Cells(string line) =>
        [.. line.Trim('|').Split('|').Select(cell => cell.Replace(" *", "", StringComparison.Ordinal).Trim(' ', '`'))];

    private static string Block(string language)
    {
        int start = Page.IndexOf($"\n```{language}\n", StringComparison.Ordinal) + language.Length + 5;
        return Page[start..Page.IndexOf("\n```", start, StringComparison.Ordinal)];
    }

    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array when value.GetArrayLength() == 0 => "none",
        JsonValueKind.Array => string.Join(", ", value.EnumerateArray().Select(item => $"{item.GetProperty("name")} at {item.GetProperty("height")}")),
        JsonValueKind.Object => string.Join(", ", new[] { "m", "n", "k", "seed" }.Select(name => value.GetProperty(name).GetRawText())),
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };
}
