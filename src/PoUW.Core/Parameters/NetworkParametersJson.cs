using System.Text.Json;
using System.Text.Unicode;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>
/// Network parameters as JSON that people write. Fields have the names of the record in camel case; amounts are text with coins
/// ("12.5"), addresses text with the checksum of EIP-55. A document may start from a preset (<c>"extends": "test"</c>); without one it
/// must give the fields that have no default. Unknown and repeated fields are errors; comments, trailing commas and a byte order mark are
/// allowed. The schema for editors is <c>pouw.schema.json</c>. Stateless and thread-safe.
/// </summary>
public static class NetworkParametersJson
{
    /// <summary>Largest document in bytes.</summary>
    public const int MaxDocumentBytes = 1024 * 1024;

    private const int MaxDepth = 8;
    private const string ExtendsName = "extends";

    // Editors find the schema by this field; it says nothing about the network.
    private const string SchemaName = "$schema";

    private static readonly string[] Names = [SchemaName, ExtendsName, .. NetworkParametersRules.Fields.Select(field => field.Name)];

    private static readonly NetworkParameters Unset = new()
    {
        ChainId = 0,
        Name = "",
        BlockTimeMilliseconds = 0,
        AsertHalfLifeBlocks = 0,
        GenesisTicketsPerBlock = 0,
        EpochBlocks = 0,
        GenesisTimeMilliseconds = 0,
    };

    /// <summary>Reads a document and checks every limit.</summary>
    /// <param name="utf8Json">The document.</param>
    /// <param name="parameters">What it says; null unless the result is valid.</param>
    /// <returns>
    /// Ok, or the first error. Its field is the path of the value, such as <c>allocations[3].amount</c>, or <c>$</c> for the document; its
    /// message says what is allowed.
    /// </returns>
    public static ValidationResult TryParse(ReadOnlySpan<byte> utf8Json, out NetworkParameters? parameters)
    {
        parameters = null;
        if (utf8Json.Length > MaxDocumentBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, "$", $"The document has {utf8Json.Length} bytes; allowed are at most {MaxDocumentBytes}.");
        }

        ReadOnlySpan<byte> text = utf8Json.StartsWith("\uFEFF"u8) ? utf8Json[3..] : utf8Json;
        if (!Utf8.IsValid(text))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "$", "The document is not UTF-8.");
        }

        ValidationResult result = ParseDocument(text, out JsonDocument? document);
        if (document is null)
        {
            return result;
        }

        using (document)
        {
            return ReadFields(document.RootElement, out parameters);
        }
    }

    /// <summary>
    /// Writes every field, indented, ending with a line feed. What <see cref="NetworkParameters.Validate"/> accepts reads back equal.
    /// </summary>
    /// <exception cref="ArgumentException">The parameters are not valid, so the text would not read back.</exception>
    public static byte[] Write(NetworkParameters parameters)
    {
        ValidationResult result = parameters.Validate();
        if (!result.IsValid)
        {
            throw new ArgumentException(result.ToString(), nameof(parameters));
        }

        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
        {
            writer.WriteStartObject();
            foreach (ParameterField field in NetworkParametersRules.Fields)
            {
                writer.WritePropertyName(field.Name);
                field.Write(writer, parameters);
            }

            writer.WriteEndObject();
        }

        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static ValidationResult ParseDocument(ReadOnlySpan<byte> text, out JsonDocument? document)
    {
        document = null;
        JsonReaderOptions options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = MaxDepth };
        Utf8JsonReader reader = new(text, options);
        try
        {
            JsonDocument parsed = JsonDocument.ParseValue(ref reader);

            // Reads what follows the value, and throws unless that is only space and comments.
            reader.Read();
            document = parsed;
            return ValidationResult.Ok;
        }
        catch (JsonException error)
        {
            string place = $"line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}";
            return ValidationResult.Fail(
                ValidationCode.Malformed, "$", $"Not JSON at {place}; allowed is one object, nested at most {MaxDepth} deep.");
        }
    }

    private static ValidationResult ReadFields(JsonElement root, out NetworkParameters? parameters)
    {
        parameters = null;
        ValidationResult result = JsonInput.ReadMembers(root, "", Names, out Dictionary<string, JsonElement> members);
        if (!result.IsValid)
        {
            return result;
        }

        if (members.TryGetValue(SchemaName, out JsonElement schema) && schema.ValueKind != JsonValueKind.String)
        {
            return JsonInput.Wrong(SchemaName, schema, "text with the place of the schema");
        }

        NetworkParameters read = Unset;
        bool extends = members.TryGetValue(ExtendsName, out JsonElement preset);
        result = extends ? ReadPreset(preset, ref read) : result;
        foreach (ParameterField field in NetworkParametersRules.Fields)
        {
            if (!result.IsValid)
            {
                return result;
            }

            if (members.TryGetValue(field.Name, out JsonElement element))
            {
                result = field.Read(element, ref read);
            }
            else if (field.IsRequired && !extends)
            {
                result = JsonInput.Missing(field.Name);
            }
        }

        result = result.IsValid ? read.Validate() : result;
        parameters = result.IsValid ? read : null;
        return result;
    }

    private static ValidationResult ReadPreset(JsonElement element, ref NetworkParameters parameters)
    {
        NetworkParameters? preset = JsonInput.TryText(element, out string text)
            ? text switch
            {
                "development" => NetworkParameters.Development,
                "test" => NetworkParameters.Test,
                "production" => NetworkParameters.Production,
                _ => null,
            }
            : null;
        parameters = preset ?? parameters;
        return preset is null
            ? JsonInput.Wrong(ExtendsName, element, "\"development\", \"test\" or \"production\"")
            : ValidationResult.Ok;
    }
}
