using System.Text.Json;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>A parameter that is a hash; 64 zeros mean none.</summary>
internal sealed class HashField(
    string name,
    Func<NetworkParameters, Hash256> get,
    Func<NetworkParameters, Hash256, NetworkParameters> set) : ParameterField(name)
{
    private const string Allowed = "text of 64 lower-case hexadecimal digits";

    /// <inheritdoc/>
    internal override ValidationResult Check(NetworkParameters parameters) => ValidationResult.Ok;

    /// <inheritdoc/>
    internal override ValidationResult Read(JsonElement element, ref NetworkParameters parameters)
    {
        // One text for one hash: what is written back must be what people wrote.
        if (!JsonInput.TryText(element, out string text) || !Hash256.TryParse(text, out Hash256 hash) || hash.ToString() != text)
        {
            return JsonInput.Wrong(Name, element, Allowed);
        }

        parameters = set(parameters, hash);
        return ValidationResult.Ok;
    }

    /// <inheritdoc/>
    internal override void Write(Utf8JsonWriter writer, NetworkParameters parameters) => writer.WriteStringValue(get(parameters).ToString());
}
