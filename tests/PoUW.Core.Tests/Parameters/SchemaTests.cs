using System.Numerics;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Parameters;

/// <summary>pouw.schema.json says what the parser does.</summary>
public sealed class SchemaTests
{
    private static readonly JsonSchema Schema = JsonSchema.Load();

    private static readonly PropertyInfo[] Declared =
        typeof(NetworkParameters).GetProperties(BindingFlags.Public | BindingFlags.Instance);

    public static IEnumerable<TestCaseData> NumericRanges()
    {
        foreach (JsonProperty property in Schema.Properties.EnumerateObject())
        {
            if (property.Value.TryGetProperty("minimum", out _))
            {
                yield return Range(property.Name, property.Value, "{0}").SetArgDisplayNames(property.Name);
            }
        }

        string[] parts = ["m", "k", "n", "seed"];
        foreach (string part in parts)
        {
            string others = string.Concat(parts.Where(other => other != part).Select(other => $", \"{other}\": 1024"));
            JsonElement rule = Schema.Properties.GetProperty("commons").GetProperty("properties").GetProperty(part);
            yield return Range($"commons.{part}", rule, $"{{ \"{part}\": {{0}}{others} }}").SetArgDisplayNames($"commons.{part}");
        }
    }

    [Test]
    public void Lists_the_fields_of_the_record_in_its_order()
    {
        string[] expected = ["$schema", "extends", .. Declared.Select(CamelCase)];

        Assert.That(Schema.Properties.EnumerateObject().Select(property => property.Name), Is.EqualTo(expected));
    }

    [Test]
    public void Every_number_of_the_record_has_a_range()
    {
        IEnumerable<string> numbers = Declared.Where(p => p.PropertyType == typeof(ulong) || p.PropertyType == typeof(int)).Select(CamelCase);

        Assert.That(
            numbers.Where(name => !Schema.Properties.GetProperty(name).TryGetProperty("minimum", out _)
                || !Schema.Properties.GetProperty(name).TryGetProperty("maximum", out _)),
            Is.Empty);
    }

    [Test]
    public void Requires_what_the_record_requires_unless_a_preset_is_extended()
    {
        JsonElement choices = Schema.Root.GetProperty("anyOf");
        IEnumerable<string> required = Declared.Where(p => p.IsDefined(typeof(RequiredMemberAttribute))).Select(CamelCase);

        Assert.That(choices[0].GetProperty("required").EnumerateArray().Select(name => name.GetString()), Is.EqualTo(new[] { "extends" }));
        Assert.That(choices[1].GetProperty("required").EnumerateArray().Select(name => name.GetString()), Is.EqualTo(required));
    }

    [TestCaseSource(nameof(NumericRanges))]
    public void A_range_is_the_one_that_the_parser_allows(string path, string template, BigInteger min, BigInteger max)
    {
        Assert.That(Parse(path, template, min).ToString(), Is.EqualTo("Ok"));
        Assert.That(Parse(path, template, max).ToString(), Is.EqualTo("Ok"));
        foreach (BigInteger outside in new[] { min - 1, max + 1 })
        {
            ValidationResult result = Parse(path, template, outside);
            Assert.That(result.Field, Is.EqualTo(path));
            Assert.That(result.Message, Does.Contain($"from {min} to {max}"));
        }
    }

    [TestCase("development")]
    [TestCase("test")]
    [TestCase("production")]
    [TestCase("mainnet")]
    [TestCase("Test")]
    public void Extends_allows_what_the_parser_allows(string preset)
    {
        string json = $$"""{ "extends": "{{preset}}" }""";

        Assert.That(Schema.FirstError(Element(json)) is null, Is.EqualTo(Parse(json).IsValid));
    }

    [TestCase("0.5")]
    [TestCase("12")]
    [TestCase("12.500")]
    [TestCase("0.000000000000000001")]
    [TestCase("0.0000000000000000001")]
    [TestCase("-1")]
    [TestCase("+1")]
    [TestCase("1e3")]
    [TestCase(".5")]
    [TestCase("5.")]
    [TestCase("01")]
    [TestCase("1,000")]
    [TestCase(" 1")]
    [TestCase("")]
    public void The_pattern_of_coins_is_the_grammar_of_amounts(string coins)
    {
        string json = $$"""{ "extends": "test", "allocations": [{ "address": "{{Address.Zero}}", "amount": "{{coins}}" }] }""";

        Assert.That(Schema.FirstError(Element(json)) is null, Is.EqualTo(Parse(json).IsValid));
    }

    [TestCase("""{}""", "$: anyOf")]
    [TestCase("""[]""", "$: type")]
    [TestCase("""{ "extends": "test", "chainID": 1 }""", "$.chainID: unknown")]
    [TestCase("""{ "extends": "test", "chainId": "1" }""", "$.chainId: type")]
    [TestCase("""{ "extends": "test", "chainId": 0 }""", "$.chainId: minimum")]
    [TestCase("""{ "extends": "test", "name": "" }""", "$.name: minLength")]
    [TestCase("""{ "extends": "test", "name": "a\u0007" }""", "$.name: pattern")]
    [TestCase("""{ "extends": "test", "commons": { "m": 64, "k": 512, "n": 64 } }""", "$.commons: required")]
    [TestCase("""{ "extends": "test", "allocations": [{ "address": "0x1", "amount": "1" }] }""", "$.allocations[0].address: pattern")]
    [TestCase(
        """{ "extends": "test", "stakes": [{ "address": "0x0000000000000000000000000000000000000001", "amount": "200", "roles": [] }] }""",
        "$.stakes[0].roles: minItems")]
    public void The_schema_and_the_parser_refuse_the_same_mistakes(string json, string error)
    {
        Assert.That(Schema.FirstError(Element(json)), Is.EqualTo(error));
        Assert.That(Parse(json).IsValid, Is.False);
    }

    [TestCaseSource(typeof(ParameterSamples), nameof(ParameterSamples.PresetCases))]
    public void Written_presets_satisfy_the_schema(NetworkParameters preset) =>
        Assert.That(Schema.FirstError(Element(Encoding.UTF8.GetString(NetworkParametersJson.Write(preset)))), Is.Null);

    [Test]
    public void A_written_network_with_every_field_satisfies_the_schema() =>
        Assert.That(
            Schema.FirstError(Element(Encoding.UTF8.GetString(NetworkParametersJson.Write(ParameterSamples.Varied(new Fuzzer(7, "schema")))))),
            Is.Null);

    private static TestCaseData Range(string path, JsonElement rule, string template) =>
        new(path, template, Integer(rule.GetProperty("minimum")), Integer(rule.GetProperty("maximum")));

    private static BigInteger Integer(JsonElement value) => BigInteger.Parse(value.GetRawText(), System.Globalization.CultureInfo.InvariantCulture);

    // The other fields of the rules between fields leave room for the whole range of the tested one.
    private static ValidationResult Parse(string path, string template, BigInteger value)
    {
        string field = path.Split('.')[0];
        (string Name, string Value)[] room =
        [
            ("slashToProversBasisPoints", "0"), ("slashToClientBasisPoints", "0"), ("auditCommitBlocks", "1"), ("auditRevealBlocks", "1"),
            ("leaseBlocks", "1"), ("unbondingBlocks", "1000000000"),
            field == "banBlocks" ? ("bonusVestingBlocks", "0") : ("banBlocks", "1000000000"),
        ];
        string others = string.Concat(room.Where(other => other.Name != field).Select(other => $", \"{other.Name}\": {other.Value}"));
        string written = template.Replace("{0}", value.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        return Parse($$"""{ "extends": "development", "{{field}}": {{written}}{{others}} }""");
    }

    private static ValidationResult Parse(string json) => NetworkParametersJson.TryParse(Encoding.UTF8.GetBytes(json), out _);

    private static JsonElement Element(string json) => JsonElement.Parse(json);

    private static string CamelCase(PropertyInfo property) => char.ToLowerInvariant(property.Name[0]) + property.Name[1..];
}
