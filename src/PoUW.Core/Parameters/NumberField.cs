using System.Text.Json;
using PoUW.Core.Validation;

namespace PoUW.Core.Parameters;

/// <summary>A parameter that is a whole number.</summary>
internal sealed class NumberField(
    string name,
    ulong min,
    ulong max,
    Func<NetworkParameters, ulong> get,
    Func<NetworkParameters, ulong, NetworkParameters> set) : ParameterField(name)
{
    private readonly NumberRule _rule = new(min, max);

    /// <inheritdoc/>
    internal override ValidationResult Check(NetworkParameters parameters) => _rule.Check(Name, get(parameters));

    /// <inheritdoc/>
    internal override ValidationResult Read(JsonElement element, ref NetworkParameters parameters)
    {
        ValidationResult result = _rule.Read(Name, element, out ulong value);
        parameters = result.IsValid ? set(parameters, value) : parameters;
        return result;
    }

    /// <inheritdoc/>
    internal override void Write(Utf8JsonWriter writer, NetworkParameters parameters) => writer.WriteNumberValue(get(parameters));
}
